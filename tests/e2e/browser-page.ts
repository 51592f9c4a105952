// The page of the browser test: it signs in and reads, as a web application would, and leaves what it saw on the window.
import { createSalusClient, SalusError } from '@salus/client';

interface Given {
  readonly url: string;
  readonly email: string;
  readonly password: string;
  readonly code: string;
}

async function run({ url, email, password, code }: Given) {
  const salus = createSalusClient({ url });
  await salus.signIn({ email, password, secondFactor: async () => code });
  const made = await salus.patients.create(
    { mrn: 'BROWSER-1', name: { family: '张', given: ['伟'] }, birthDate: '1990-02', sex: 'male' },
    { purpose: 'TREAT' },
  );
  const read = await salus.patients.get({ id: made.id }, { purpose: 'TREAT' });
  const refused = await salus.patients
    .get({ id: made.id }, { purpose: 'HPAYMT' })
    .catch((error: unknown) => (error instanceof SalusError ? error.code : 'another error'));
  await salus.signOut();
  return { read, refused };
}

Object.assign(globalThis, { run });

// The first typed call. Start `npx -y pnpm dev`, then run this beside it: `npx -y pnpm example`.
import { readFile } from 'node:fs/promises';
import { totpCode } from '@salus/auth';
import { createSalusClient } from '@salus/client';

const state = process.env.SALUS_STATE ?? new URL('../.salus', import.meta.url).pathname;
const { url, users } = JSON.parse(await readFile(`${state}/demo.json`, 'utf8'));
const { email, password, totpSecret } = users.find(({ role }: { role: string }) => role === 'provider');

const salus = createSalusClient({ url });
await salus.signIn({
  email,
  password,
  secondFactor: () => totpCode({ secret: totpSecret, now: Date.now() }),
});

const { items } = await salus.patients.list({ limit: 3 }, { purpose: 'TREAT' });
for (const { mrn, name, birthDate } of items) console.log(mrn, name?.family, birthDate);

const [first] = items;
if (first) {
  const patient = await salus.patients.get({ id: first.id, fields: ['name', 'phone'] }, { purpose: 'TREAT' });
  console.log(patient);
}
await salus.signOut();

// Invented patients.
import type { NewPatient } from '@salus/schema';

let made = 0;

/** Somebody new, with every field, and values that nobody else has. */
export function somebody(more: Partial<NewPatient> = {}): NewPatient {
  made += 1;
  const serial = String(1000 + made);
  return {
    mrn: `MRN-${serial}`,
    name: { family: `Ordóñez${serial}`, given: [`Bernardo${serial}`, 'Luis'] },
    birthDate: '1957-06-29',
    sex: 'male',
    ssn: `999-51-${serial}`,
    email: `bernardo.${serial}@mail.example`,
    phone: `+1 555 894 ${serial}`,
    address: {
      line: [`${serial} Quitzon Mews`],
      city: `Fall River ${serial}`,
      state: 'MA',
      postalCode: '02720',
    },
    ...more,
  };
}

// Invented patients, the same ones for everybody that is measured. Social Security numbers of area 999 belong to nobody,
// neither do telephone numbers 555-01xx, and the domain example.org neither (RFC 2606).
import type { NewPatient } from '@salus/schema';

const FAMILIES = ['Ordóñez', 'Nguyen', 'Smith', 'Okafor', 'Kowalska', 'Haddad', 'Tanaka', 'Johansson'];
const GIVEN = ['María', 'Bernardo', 'Chidi', 'Aoife', 'Yuki', 'Leila', 'Jan', 'Grace'];

/** @param serial from 0; everybody's medical record number and name with birth date are of one person alone */
export function person(serial: number): NewPatient {
  const letters = [...String(serial)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
  const day = String(1 + (serial % 28)).padStart(2, '0');
  return {
    mrn: `BENCH-${String(serial).padStart(8, '0')}`,
    name: {
      family: `${FAMILIES[serial % 8]}-${letters}`,
      given: [GIVEN[(serial >> 3) % 8] ?? 'Jan', 'Luis'],
    },
    birthDate: `19${30 + (serial % 70)}-0${1 + (serial % 9)}-${day}`,
    sex: serial % 2 === 0 ? 'female' : 'male',
    ssn: `999-${String(10 + (serial % 90))}-${String(1000 + (serial % 9000))}`,
    email: `person.${serial}@example.org`,
    phone: `+1 202-555-01${String(serial % 100).padStart(2, '0')}`,
    address: {
      line: [`${serial} Quitzon Mews`],
      city: 'Fall River',
      state: 'MA',
      postalCode: String(10000 + (serial % 89999)),
    },
  };
}

/** The same person as the article's stack takes it. */
export function personOfArticle(serial: number): Readonly<Record<string, string>> {
  const { mrn, name, birthDate, sex, ssn = '', email = '', phone = '', address } = person(serial);
  return {
    mrn,
    first_name: name.given[0] ?? '',
    last_name: name.family,
    date_of_birth: birthDate,
    sex,
    ssn,
    email,
    phone,
    address: JSON.stringify(address),
  };
}

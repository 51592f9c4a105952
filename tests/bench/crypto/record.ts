// An invented patient as the bench seals it: six fields, of the sizes that such fields have.
import type { JsonValue, Place } from '@salus/crypto';

export const ORGANIZATION = '019abc00-0000-7000-8000-0000000000aa';
export const PATIENT = '019abc00-0000-7000-8000-0000000000dd';

export const FIELDS: Readonly<Record<string, JsonValue>> = {
  mrn: 'MRN-004217',
  name: { family: 'Ordóñez', given: ['Bernardo', 'Luis'] },
  birth_date: '1957-06-29',
  sex: 'male',
  phone: '+1 555 894 4217',
  address: { line: ['4217 Quitzon Mews'], city: 'Fall River', state: 'MA', postalCode: '02720' },
};

export function placeOf(column: string, row: string): Place {
  return { organization: ORGANIZATION, table: 'patients', column, row };
}

/** Bytes of additional data of a field there: domain, header, four lengths and what they precede (packages/crypto, place.ts). */
export function additionalDataBytes({ organization, table, column, row }: Place): number {
  return (
    'salus/sealed/v1'.length + 5 + 4 * 4 + organization.length + table.length + column.length + row.length
  );
}

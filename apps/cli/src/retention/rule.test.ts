// Refused before the database is asked: there is none here.
import { expect, it } from 'vitest';
import { UsageError } from '../errors.ts';
import { setRule } from './rule.ts';

const GIVEN = { organization: '01a20d10-f597-73b6-9bec-4ef1458d56c3', years: '7', basis: 'state law' };

it.each([
  ['less than six years', { years: '5' }],
  ['no years', { years: '' }],
  ['years that are no whole number', { years: '6.5' }],
  ['years that are no number', { years: '0x7' }],
  ['more years than anybody asks for', { years: '101' }],
  ['an organization that is none', { organization: 'clinic' }],
  ['no basis', { basis: ' ' }],
  ['a basis that is a book', { basis: 'x'.repeat(201) }],
])('refuses %s', async (_, given) => {
  const option = `--${Object.keys(given)[0]}`;
  const refused = setRule({ ...GIVEN, ...given });
  await expect(refused).rejects.toBeInstanceOf(UsageError);
  await expect(refused).rejects.toThrow(option);
});

// CRY-12: who reads the database sees which rows of one column are equal, and nothing else: not across columns, tables or
// organizations, and not by trying every SSN.
import { describe, expect, it } from 'vitest';
import { blindIndex } from './blind-index.ts';
import { lengthPrefixed, utf8 } from './bytes.ts';
import { toHex } from './encoding.ts';
import { normalise } from './normalise.ts';
import { createOrganizationKey, unwrapOrganizationKey } from './organization-key.ts';
import { hmacSha256 } from './primitives.ts';
import { testKeyProvider, testOrganizationKey } from './test-keys.ts';

const SSN = '123456789';
const key = await testOrganizationKey('organization-a');

describe('CRY-12: a blind index', () => {
  it('is the same for the same value, whenever and however it is written', async () => {
    expect(await index('patients', 'ssn', normalise.digits('123-45-6789'))).toBe(
      await index('patients', 'ssn', normalise.digits('１２３ 45 6789')),
    );
    expect(await index('patients', 'ssn', SSN)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is the same after the key was unwrapped anew', async () => {
    const provider = await testKeyProvider();
    const made = await createOrganizationKey(provider, 'organization-a', 1);
    const unwrapped = await unwrapOrganizationKey(provider, 'organization-a', 1, made.wrapped);
    expect(toHex(await blindIndex(unwrapped, 'patients', 'ssn', SSN))).toBe(
      toHex(await blindIndex(made.key, 'patients', 'ssn', SSN)),
    );
  });

  it('differs by organization, table, column and value', async () => {
    const other = await testOrganizationKey('organization-b');
    const all = [
      await index('patients', 'ssn', SSN),
      await index('patients', 'mrn', SSN),
      await index('accounts', 'ssn', SSN),
      await index('patients', 'ssn', '123456780'),
      toHex(await blindIndex(other, 'patients', 'ssn', SSN)),
      // The same key under another organization's name, too.
      toHex(await blindIndex({ ...key, organization: 'organization-b' }, 'patients', 'ssn', SSN)),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it('does not confuse where a name ends and the next begins', async () => {
    const all = [
      await index('patients', 'ssn', 'a'),
      await index('patientss', 'sn', 'a'),
      await index('patients', 'ss', 'na'),
      await index('patients', 'ssna', ''),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it('is not found by who tries every value without the key', async () => {
    const target = await index('patients', 'ssn', SSN);
    const input = lengthPrefixed(['organization-a', 'patients', 'ssn', SSN]);
    const guesses = [new Uint8Array(32), utf8('organization-a'), utf8(SSN), utf8('blind-index')];
    for (const guess of guesses) expect(toHex(await hmacSha256(guess, input))).not.toBe(target);
    for (const text of [utf8(SSN), input]) {
      expect(toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', text)))).not.toBe(target);
    }
  });
});

async function index(table: string, column: string, normalised: string): Promise<string> {
  return toHex(await blindIndex(key, table, column, normalised));
}

// What an organization's own keys seal, opened again: each value of a row under the version that it names.
import { createOrganizationKey, IntegrityError, toHex } from '@salus/crypto';
import { auditEvent, disclosure, organizationId, type Resource } from '@salus/schema';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Row } from './database.ts';
import { KeyError } from './errors.ts';
import { type OrganizationKeys, openOrganizationKeys } from './keyring.ts';
import { openUnderOrganization, sealFields } from './sealed-record.ts';
import { testKeyProviders } from './test-database.ts';

const organization = organizationId.parse('019abc00-0000-7000-8000-000000000001');
const rowId = '019abc00-0000-7000-8000-000000000002';
const FIELDS = ['recipient', 'recipientAddress', 'description'] as const;
const VALUES = { recipient: 'A court', recipientAddress: '1 Court Street', description: 'Notes of March' };

let keys: OrganizationKeys;
beforeAll(async () => {
  const providers = await testKeyProviders();
  const stored = [2, 1].map(async (version) => {
    const { wrapped } = await createOrganizationKey(providers.first, organization, version);
    return { version, provider: providers.first.id, wrapped, retired: version === 1 };
  });
  keys = await openOrganizationKeys(providers, organization, await Promise.all(stored));
});

/** One field as it is selected: ciphertext in hexadecimal, under a version of the key. */
async function selected(
  resource: Resource,
  field: string,
  values: Record<string, unknown>,
  version: number,
): Promise<Row> {
  const { accountKey, auditKey } = await keys.version(version);
  const key = resource.sealedUnder === 'audit_key' ? auditKey : accountKey;
  const sealed = await sealFields(resource, [field], values, { organization, key, rowId });
  return Object.fromEntries([...sealed.values()].map((bytes) => [field, bytes && `\\x${toHex(bytes)}`]));
}

describe('a row that is sealed under an organization’s keys', () => {
  it.each([
    [1, 1, 1],
    [1, 2, 2],
    [2, 1, 2],
    [2, 2, 1],
  ])('opens with its fields under the versions %i, %i and %i', async (...versions) => {
    const parts = FIELDS.map((field, at) => selected(disclosure, field, VALUES, versions[at] ?? 0));
    const row = Object.assign({ id: rowId }, ...(await Promise.all(parts)));
    expect(await openUnderOrganization(disclosure, FIELDS, row, keys)).toEqual(VALUES);
  });

  it('leaves out what it has no value for, and gives what is not sealed as it is', async () => {
    const row = { id: rowId, reason: 'judicial', ...(await selected(disclosure, 'recipient', VALUES, 1)) };
    const fields = ['reason', ...FIELDS] as const;
    expect(await openUnderOrganization(disclosure, fields, { ...row, description: null }, keys)).toEqual({
      reason: 'judicial',
      recipient: VALUES.recipient,
    });
  });

  it('opens under the audit key where its resource says so, and in the place that is named', async () => {
    const origin = { address: '192.0.2.1', agent: 'a browser' };
    const row = { id: 'another', ...(await selected(auditEvent, 'origin', { origin }, 1)) };
    expect(await openUnderOrganization(auditEvent, ['origin'], row, keys, rowId)).toEqual({ origin });
    await expect(openUnderOrganization(auditEvent, ['origin'], row, keys)).rejects.toThrow(IntegrityError);
  });

  it('does not open when it names a version that there is not', async () => {
    const row: Row = { id: rowId, ...(await selected(disclosure, 'recipient', VALUES, 2)) };
    const renamed = String(row.recipient).replace(/^\\x0100000002/, '\\x0100000003');
    const opening = openUnderOrganization(disclosure, FIELDS, { ...row, recipient: renamed }, keys);
    await expect(opening).rejects.toThrow(KeyError);
  });
});

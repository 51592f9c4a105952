import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { credential, credentialHash, identifier, operational } from './field.ts';
import { defineResource, isOptional, plainFields, sealedFields } from './resource.ts';

const locker = defineResource({
  name: 'locker',
  table: 'lockers',
  sealedUnder: 'account_key',
  fields: {
    id: operational('uuid', z.uuid()),
    owner: identifier('name', z.string().optional(), { index: { normalise: 'name' } }),
    label: operational('text', z.string().nullable()),
    size: operational('integer', z.int32().default(1)),
    combination: credential(z.string()),
    pinHash: credentialHash(z.string()),
  },
});

describe('a resource', () => {
  it('knows which of its fields are sealed and which are not, in their order', () => {
    expect(sealedFields(locker)).toStrictEqual(['owner', 'combination']);
    expect(plainFields(locker)).toStrictEqual(['id', 'label', 'size', 'pinHash']);
  });

  it('knows which fields a record may lack: null is a value, and a default fills a gap', () => {
    const optional = Object.entries(locker.fields).filter(([, field]) => isOptional(field));
    expect(optional.map(([name]) => name)).toStrictEqual(['owner', 'size']);
  });

  it('has a strict schema of the fields themselves', () => {
    expect(Object.keys(locker.schema.shape)).toStrictEqual(Object.keys(locker.fields));
    expect(locker.schema.shape.owner).toBe(locker.fields.owner.schema);
    const record = { id: crypto.randomUUID(), label: null, size: 2, combination: 'a', pinHash: 'b' };
    expect(locker.schema.parse(record)).toStrictEqual(record);
    expect(locker.schema.safeParse({ ...record, isAdmin: true }).success).toBe(false);
  });

  it('has no compound index unless it says so', () => {
    expect(locker.compoundIndexes).toStrictEqual({});
  });

  it('keeps how a field is indexed, and its class', () => {
    expect(locker.fields.owner.storage).toStrictEqual({ sealed: true, index: { normalise: 'name' } });
    expect(locker.fields.owner.class).toStrictEqual({ kind: 'identifier', safeHarbor: 'name' });
    expect(locker.fields.pinHash.storage).toStrictEqual({ sealed: false, column: 'text' });
  });
});

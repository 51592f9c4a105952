// What must not compile: a field without a class, and a class that is not one of the vocabulary.
import * as z from 'zod';
import { identifier, operational } from './field.ts';
import type { patient } from './patient.ts';
import { defineResource, type PlainName, type SealedName } from './resource.ts';

const place = { name: 'thing', table: 'things', sealedUnder: 'patient_key' } as const;

defineResource({
  ...place,
  fields: { id: operational('uuid', z.uuid()), note: identifier('name', z.string()) },
});

defineResource({
  ...place,
  fields: {
    id: operational('uuid', z.uuid()),
    // @ts-expect-error a zod schema alone has no class
    note: z.string(),
  },
});

defineResource({
  ...place,
  fields: {
    // @ts-expect-error a look-alike that was not made by a classifying function
    note: { schema: z.string(), class: { kind: 'operational' }, storage: { sealed: false, column: 'text' } },
  },
});

// @ts-expect-error not one of the eighteen identifiers
identifier('nickname', z.string());

export const sealedNames: Record<SealedName<typeof patient>, true> = {
  mrn: true,
  name: true,
  birthDate: true,
  sex: true,
  ssn: true,
  email: true,
  phone: true,
  address: true,
};

export const plainNames: Record<PlainName<typeof patient>, true> = { id: true, version: true };

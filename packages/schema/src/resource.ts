// A resource is a set of classified fields with a home: one table, sealed under one kind of key. Everything that must agree
// on them (wire schema, columns, blind indexes, inventory) is computed from this object.
import * as z from 'zod';
import type { Field, IndexTerm, Plain, Sealed } from './field.ts';

export type Fields = Readonly<Record<string, Field>>;

/** The values of some fields of a resource, as they come out of their schemas. */
export type ValuesOf<F extends Fields> = z.output<z.ZodObject<SchemasOf<F>>>;

type SchemasOf<F extends Fields> = { -readonly [K in keyof F]: F[K]['schema'] };

/**
 * A blind index over several fields, for searches that need them together. It reveals less than an index on each: a
 * family name alone is common, a family name with a birth date is not.
 */
export interface CompoundIndex<F extends Fields> {
  readonly fields: readonly (keyof F & string)[];
  /** The parts to normalise and hash, or null when the record lacks one of them. */
  terms(values: ValuesOf<F>): readonly IndexTerm[] | null;
}

/** Whose key seals the sealed fields: the patient's own, or one derived from the organization's (DESIGN.md, Keys). */
export type SealedUnder = 'patient_key' | 'account_key' | 'audit_key';

export interface Resource<N extends string = string, F extends Fields = Fields> {
  readonly name: N;
  readonly table: string;
  readonly sealedUnder: SealedUnder;
  readonly fields: F;
  readonly compoundIndexes: Readonly<Record<string, CompoundIndex<F>>>;
  /** Strict: a key that is not a field is refused. */
  readonly schema: z.ZodObject<SchemasOf<F>, z.core.$strict>;
}

/** A whole record of a resource. */
export type RecordOf<R extends Resource> = z.output<R['schema']>;

export type FieldName<R extends Resource> = keyof R['fields'] & string;

type NamesStoredAs<F extends Fields, T> = {
  [K in keyof F]: F[K]['storage'] extends T ? K : never;
}[keyof F] &
  string;

export type SealedName<R extends Resource> = NamesStoredAs<R['fields'], Sealed>;
export type PlainName<R extends Resource> = NamesStoredAs<R['fields'], Plain>;

export function defineResource<N extends string, F extends Fields>(definition: {
  readonly name: N;
  readonly table: string;
  readonly sealedUnder: SealedUnder;
  readonly fields: F;
  readonly compoundIndexes?: Readonly<Record<string, CompoundIndex<F>>>;
}): Resource<N, F> {
  const schemas = Object.fromEntries(
    Object.entries(definition.fields).map(([name, field]) => [name, field.schema]),
  ) as SchemasOf<F>; // the entries were taken from F itself
  return { compoundIndexes: {}, ...definition, schema: z.strictObject(schemas) };
}

/** Names of the fields that lie in the table as ciphertext. */
export function sealedFields<R extends Resource>(resource: R): SealedName<R>[] {
  return namesWhere(resource, (field) => field.storage.sealed) as SealedName<R>[]; // the type states the same condition
}

/** Names of the fields that lie in the table in the clear. */
export function plainFields<R extends Resource>(resource: R): PlainName<R>[] {
  return namesWhere(resource, (field) => !field.storage.sealed) as PlainName<R>[]; // the type states the same condition
}

function namesWhere(resource: Resource, holds: (field: Field) => boolean): string[] {
  return Object.entries(resource.fields)
    .filter(([, field]) => holds(field))
    .map(([name]) => name);
}

/** Whether a record may lack this field. */
export function isOptional(field: Field): boolean {
  return field.schema.safeParse(undefined).success;
}

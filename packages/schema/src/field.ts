// A field is a zod schema with a class. There is no other way to make one than the functions below, so a field without
// a class does not compile, and what is stored in the clear had to be called operational by somebody.
import type { z } from 'zod';
import type { FieldClass, SafeHarborKind } from './field-class.ts';

const CLASSIFIED = Symbol('classified');

/** How a value is made comparable before it is indexed; the rules are in `@salus/crypto`, normalise. */
export type Normalisation = 'exact' | 'recordNumber' | 'digits' | 'email' | 'name';

/** A part of what a blind index is computed over. */
export type IndexTerm = readonly [Normalisation, string];

export interface BlindIndexOptions {
  readonly normalise: Normalisation;
  /** No two rows of one organization may have the same value. */
  readonly unique?: boolean;
}

/** The PostgreSQL type of a column that is stored in the clear. */
export type PlainColumn =
  | 'uuid'
  | 'integer'
  | 'bigint'
  | 'text'
  | 'timestamptz'
  | 'boolean'
  | 'text[]'
  | 'jsonb';

/** How a field lies in its table: in the clear, or as ciphertext (with a blind index where it is searched). */
export type Storage =
  | { readonly sealed: false; readonly column: PlainColumn }
  | { readonly sealed: true; readonly index?: BlindIndexOptions };

export interface Field<S extends z.ZodType = z.ZodType, T extends Storage = Storage> {
  readonly [CLASSIFIED]: true;
  readonly schema: S;
  readonly class: FieldClass;
  readonly storage: T;
}

export type Sealed = Extract<Storage, { sealed: true }>;
export type Plain = Extract<Storage, { sealed: false }>;

interface SealedOptions {
  /** Makes the field searchable by equality. See docs/threat-model.md for what an index reveals. */
  readonly index?: BlindIndexOptions;
}

export function identifier<S extends z.ZodType>(
  safeHarbor: SafeHarborKind,
  schema: S,
  options: SealedOptions = {},
): Field<S, Sealed> {
  return sealed({ kind: 'identifier', safeHarbor }, schema, options);
}

export function clinical<S extends z.ZodType>(schema: S, options: SealedOptions = {}): Field<S, Sealed> {
  return sealed({ kind: 'clinical' }, schema, options);
}

export function financial<S extends z.ZodType>(schema: S, options: SealedOptions = {}): Field<S, Sealed> {
  return sealed({ kind: 'financial' }, schema, options);
}

/** Never searchable: an index over restricted records would say who has one. */
export function restricted<S extends z.ZodType>(schema: S): Field<S, Sealed> {
  return sealed({ kind: 'restricted' }, schema, {});
}

/** A secret that the system must read again, such as the seed of one-time codes. */
export function credential<S extends z.ZodType>(schema: S): Field<S, Sealed> {
  return sealed({ kind: 'credential' }, schema, {});
}

/** A secret of which only a one-way hash is kept, such as a password. */
export function credentialHash<S extends z.ZodType>(schema: S): Field<S, Plain> {
  return plain({ kind: 'credential' }, schema, 'text');
}

export function operational<S extends z.ZodType>(column: PlainColumn, schema: S): Field<S, Plain> {
  return plain({ kind: 'operational' }, schema, column);
}

function sealed<S extends z.ZodType>(
  fieldClass: FieldClass,
  schema: S,
  options: SealedOptions,
): Field<S, Sealed> {
  return { [CLASSIFIED]: true, schema, class: fieldClass, storage: { sealed: true, ...options } };
}

function plain<S extends z.ZodType>(fieldClass: FieldClass, schema: S, column: PlainColumn): Field<S, Plain> {
  return { [CLASSIFIED]: true, schema, class: fieldClass, storage: { sealed: false, column } };
}

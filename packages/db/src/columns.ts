// A resource's shape as columns: each field one column, ciphertext where it is sealed, and one more for each blind index.
import type { FieldName, PlainColumn, Resource } from '@salus/schema';
import {
  bigint,
  boolean,
  integer,
  jsonb,
  type PgColumnBuilderBase,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea } from './bytea.ts';

/** `birthDate` → `birth_date` */
export function columnName(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `ssn` → `ssn_index`: the blind index over a field, or over several under a compound index's name. */
export function indexColumnName(index: string): string {
  return `${columnName(index)}_index`;
}

/** Names of a resource's blind indexes: indexed fields and compound indexes. */
export function indexNames(resource: Resource): string[] {
  const single = Object.entries(resource.fields)
    .filter(([, field]) => field.storage.sealed && field.storage.index)
    .map(([name]) => name);
  return [...single, ...Object.keys(resource.compoundIndexes)];
}

const PLAIN: Record<PlainColumn, (name: string) => PgColumnBuilderBase> = {
  uuid: (name) => uuid(name),
  integer: (name) => integer(name),
  bigint: (name) => bigint(name, { mode: 'number' }),
  text: (name) => text(name),
  timestamptz: (name) => timestamp(name, { withTimezone: true, mode: 'string' }),
  boolean: (name) => boolean(name),
  'text[]': (name) => text(name).array(),
  jsonb: (name) => jsonb(name),
};

/** Drizzle columns of a resource, by field name, and by `<name>Index` for its blind indexes. */
export function columnsOf<R extends Resource>(
  resource: R,
): Record<FieldName<R> | `${string}Index`, PgColumnBuilderBase> {
  const fields = Object.entries(resource.fields).map(([name, { storage }]) => [
    name,
    storage.sealed ? bytea(columnName(name)) : PLAIN[storage.column](columnName(name)),
  ]);
  const indexes = indexNames(resource).map((name) => [`${name}Index`, bytea(indexColumnName(name))]);
  return Object.fromEntries([...fields, ...indexes]); // keys are the names just mapped
}

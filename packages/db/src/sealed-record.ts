// Records on their way into and out of a table. What is sealed, under which place, and which blind indexes follow from it
// is read off the resource; a repository only says which fields it means.
import {
  type Bytes,
  blindIndex,
  type JsonValue,
  keyVersionOf,
  normalise,
  type OrganizationKey,
  open,
  type SealingKey,
  seal,
} from '@salus/crypto';
import type { FieldName, Fields, Resource } from '@salus/schema';
import { type SQL, sql } from 'drizzle-orm';
import { bytesOf } from './bytea.ts';
import { columnName, indexColumnName, indexNames } from './columns.ts';
import type { Row } from './database.ts';
import type { OrganizationKeys } from './keyring.ts';

type Values = Readonly<Record<string, unknown>>;

/** Where a record lies: the row id is part of what its ciphertext is bound to. */
export interface Home {
  readonly organization: string;
  /** The key that seals this record: the patient's, or one of the organization's. */
  readonly key: SealingKey;
  readonly rowId: string;
}

/**
 * Seals the named fields. A field that is null or absent becomes null.
 * @returns ciphertext by column name
 */
export async function sealFields(
  resource: Resource,
  fields: readonly string[],
  values: Values,
  home: Home,
): Promise<Map<string, Bytes | null>> {
  const entries = fields.map(async (name): Promise<[string, Bytes | null]> => {
    const value = values[name] ?? null;
    // Values come out of the resource's own schema, whose types are all JSON.
    const sealed =
      value === null ? null : await seal(home.key, placeOf(resource, name, home), value as JsonValue);
    return [columnName(name), sealed];
  });
  return new Map(await Promise.all(entries));
}

/** Opens the named fields of a row that was selected with `selectFields`. A field without a value is left out. */
export function openFields<R extends Resource, F extends FieldName<R>>(
  resource: R,
  fields: readonly F[],
  row: Row,
  home: Home,
): Promise<Record<string, unknown>> {
  return openEach(resource, fields, row, (name, sealed) =>
    open(home.key, placeOf(resource, name, home), sealed),
  );
}

/**
 * The same of what one of the organization's own keys seals. Each value opens under the version that it names: a row can
 * hold several, because a field that is replaced is sealed under the key of its day.
 * @throws IntegrityError; KeyError when there is no such version; KeyProviderError
 */
export function openUnderOrganization<R extends Resource, F extends FieldName<R>>(
  resource: R,
  fields: readonly F[],
  row: Row,
  keys: OrganizationKeys,
  rowId = String(row.id),
): Promise<Record<string, unknown>> {
  const home = { organization: keys.organization, rowId };
  return openEach(resource, fields, row, async (name, sealed) => {
    const { accountKey, auditKey } = await keys.version(keyVersionOf(sealed));
    const key = resource.sealedUnder === 'audit_key' ? auditKey : accountKey;
    return open(key, placeOf(resource, name, home), sealed);
  });
}

async function openEach(
  resource: Resource,
  fields: readonly string[],
  row: Row,
  opened: (name: string, sealed: Bytes) => Promise<JsonValue>,
): Promise<Record<string, unknown>> {
  const present = fields.filter((name) => (row[name] ?? null) !== null);
  // Only what is sealed is waited for: an async function for each field would cost as much as a tenth of its opening.
  const values = await Promise.all(
    present.map((name) =>
      fieldOf(resource, name).storage.sealed ? opened(name, bytesOf(row[name])) : row[name],
    ),
  );
  return Object.fromEntries(present.map((name, at) => [name, values[at]]));
}

/**
 * `row.column as "field"` for each field; ciphertext as hexadecimal text. Written as one piece of text, because drizzle puts a
 * statement together piece by piece at each call; each name is a field's of the resource.
 * @param row SQL, such as an alias
 */
export function selectFields(resource: Resource, fields: readonly string[], row: string): SQL {
  const columns = fields.map((name) => {
    const { sealed } = fieldOf(resource, name).storage;
    return `${row}."${columnName(name)}"${sealed ? '::text' : ''} as "${name}"`;
  });
  return sql.raw(columns.join(', '));
}

/** The blind indexes that depend on any of the named fields, by column name. Null where the record has no such value. */
export async function indexesOver(
  resource: Resource,
  changed: readonly string[],
  values: Values,
  organizationKey: OrganizationKey,
): Promise<Map<string, Bytes | null>> {
  const affected = indexNames(resource).filter((name) =>
    sourcesOf(resource, name).some((field) => changed.includes(field)),
  );
  const entries = affected.map(async (name): Promise<[string, Bytes | null]> => {
    const terms = termsOf(resource, name, values);
    return [indexColumnName(name), terms && (await blindIndexOf(organizationKey, resource, name, terms))];
  });
  return new Map(await Promise.all(entries));
}

/** The blind index under which `values` would be found, through an indexed field or a compound index. */
export async function indexFor(
  resource: Resource,
  index: string,
  values: Values,
  organizationKey: OrganizationKey,
): Promise<Bytes> {
  const terms = termsOf(resource, index, values);
  if (!terms) throw new TypeError(`a search through ${index} needs its terms`);
  return blindIndexOf(organizationKey, resource, index, terms);
}

/** The fields that the indexes over `changed` are computed from. */
export function indexSources(resource: Resource, changed: readonly string[]): string[] {
  const sources = indexNames(resource)
    .map((name) => sourcesOf(resource, name))
    .filter((fields) => fields.some((field) => changed.includes(field)));
  return [...new Set(sources.flat())];
}

function sourcesOf(resource: Resource, index: string): readonly string[] {
  return resource.compoundIndexes[index]?.fields ?? [index];
}

type Terms = NonNullable<ReturnType<Resource['compoundIndexes'][string]['terms']>>;

function termsOf(resource: Resource, index: string, values: Values): Terms | null {
  const compound = resource.compoundIndexes[index];
  if (compound) return compound.terms(values);
  const { storage } = fieldOf(resource, index);
  const value = values[index] ?? null;
  if (value === null) return null;
  if (!storage.sealed || !storage.index || typeof value !== 'string')
    throw new TypeError(`${index} is not indexed text`);
  return [[storage.index.normalise, value]];
}

/** Terms are normalised each by its own rule and joined with their lengths, so that no two lists run together. */
function blindIndexOf(
  organizationKey: OrganizationKey,
  resource: Resource,
  index: string,
  terms: Terms,
): Promise<Bytes> {
  const parts = terms.map(([rule, text]) => normalise[rule](text));
  const joined =
    parts.length === 1 ? (parts[0] ?? '') : parts.map((part) => `${part.length}:${part}`).join('');
  return blindIndex(organizationKey, resource.table, columnName(index), joined);
}

function placeOf(resource: Resource, field: string, home: Omit<Home, 'key'>) {
  return {
    organization: home.organization,
    table: resource.table,
    column: columnName(field),
    row: home.rowId,
  };
}

function fieldOf(resource: Resource, name: string): Fields[string] {
  const field = resource.fields[name];
  if (!field) throw new TypeError(`${resource.name} has no field ${name}`);
  return field;
}

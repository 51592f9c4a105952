// The same people in the article's tables.
import { readFile } from 'node:fs/promises';
import { newTotpSecret } from '@salus/auth';
import bcrypt from 'bcrypt';
import type { BenchDatabase } from '../../system/database.ts';
import { personOfArticle } from '../../system/people.ts';
import { BCRYPT_ROUNDS } from './authentication.ts';
import { encrypt } from './encryption.ts';

export interface ArticleUser {
  readonly id: string;
  readonly email: string;
  readonly totpSecret: string;
}

export interface ArticlePopulation {
  readonly password: string;
  readonly users: Readonly<Record<'provider' | 'admin', ArticleUser>>;
  /** Ids of the provider's patients; the serial of each is its place in the list. */
  readonly patients: readonly string[];
}

const PASSWORD = 'correct horse battery staple of the bench';
const COLUMNS = [
  'mrn',
  'first_name',
  'last_name',
  'date_of_birth',
  'sex',
  'ssn',
  'email',
  'phone',
  'address',
];
const SEALED = new Set(['ssn', 'email', 'phone', 'address']);
const AT_ONCE = 5_000;

export async function populateArticle(
  { owner }: BenchDatabase,
  { own, all }: { readonly own: number; readonly all: number },
): Promise<ArticlePopulation> {
  await owner.query(await readFile(new URL('schema.sql', import.meta.url), 'utf8'));
  const hash = await bcrypt.hash(PASSWORD, BCRYPT_ROUNDS);
  const make = async (role: 'provider' | 'admin'): Promise<ArticleUser> => {
    const user = { email: `${role}@clinic.example`, totpSecret: newTotpSecret() };
    const { rows } = await owner.query<{ id: string }>(
      'insert into article.users (email, password_hash, role, mfa_secret) values ($1, $2, $3, $4) returning id',
      [user.email, hash, role, user.totpSecret],
    );
    return { ...user, id: rows[0]?.id ?? '' };
  };
  const users = { provider: await make('provider'), admin: await make('admin') };

  const patients: string[] = [];
  for (let from = 0; from < all; from += AT_ONCE) {
    const people = Array.from({ length: Math.min(AT_ONCE, all - from) }, (_, at) =>
      personOfArticle(from + at),
    );
    const lists = COLUMNS.map((name) =>
      people.map((one) => (SEALED.has(name) ? encrypt(one[name] ?? '') : one[name])),
    );
    const { rows } = await owner.query<{ id: string }>(
      `insert into article.patients (${COLUMNS.join(', ')})
       select mrn, first_name, last_name, date_of_birth::date, sex, ssn, email, phone, address
         from unnest(${COLUMNS.map((_, at) => `$${at + 1}::text[]`).join(', ')}) as t(${COLUMNS.join(', ')})
       returning id`,
      lists,
    );
    patients.push(...rows.map(({ id }) => id).slice(0, Math.max(0, own - from)));
  }
  await owner.query(
    'insert into article.provider_assignments (provider_id, patient_id) select $1, unnest($2::uuid[])',
    [users.provider.id, patients],
  );
  await owner.query('vacuum analyze article.patients, article.provider_assignments');
  return { password: PASSWORD, users, patients };
}

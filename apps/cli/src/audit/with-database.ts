// The database's side of a verification: which log it is, the connection, and what is said when that cannot be had. Loaded
// only on request, because a verifier of files alone needs none of it.
import { CommandError, UnreachableError, UsageError } from '../errors.ts';
import { connectedTo, required } from '../owner.ts';
import { type ComparedLog, compareWithDatabase, type DatabaseComparer } from './against-database.ts';

/**
 * @param keyName name of the log's key, which says whose log of which year it is
 * @throws UsageError, and UnreachableError when rows cannot be got at
 */
export async function withDatabase<T>(
  { keyName, live }: { readonly keyName: string; readonly live: boolean },
  work: (comparer: DatabaseComparer) => Promise<T>,
): Promise<T> {
  const log = comparedLog(keyName, live);
  const url = required('DATABASE_URL');
  const connection = await connectedTo(url).catch((error: unknown) => {
    throw error instanceof CommandError ? new UnreachableError(error.message) : error;
  });
  let isLost = false;
  connection.once('end', () => {
    isLost = true;
  });
  try {
    return await work(compareWithDatabase(connection, log));
  } catch (error) {
    // PostgreSQL's own words can hold what was asked for; its code cannot.
    if (!isDatabaseError(error))
      throw isLost ? new UnreachableError('the connection to the database was lost') : error;
    throw new UnreachableError(`the database cannot be read (${error.code})`);
  } finally {
    await connection.end();
  }
}

const ORIGIN = /\/log\/([0-9a-f-]{36})\/(\d{4})$/;

function comparedLog(keyName: string, live: boolean): ComparedLog {
  const [, organization, year] = ORIGIN.exec(keyName) ?? [];
  if (!organization || !year) throw new UsageError('the key is not that of a log of Salus');
  return { organization, year: Number(year), live };
}

/** Of `pg`: five characters of SQLSTATE. */
function isDatabaseError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'code' in error && /^[0-9A-Z]{5}$/.test(String(error.code));
}

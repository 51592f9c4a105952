// What somebody has who runs SQL as the runtime role.
import type pg from 'pg';
import type { SignedIn, System } from './system.ts';

export type Statement = [text: string, values?: unknown[]];

/** Runs statements in one transaction that is rolled back, and answers the rows of the last. */
export async function rolledBack(
  connection: pg.Client,
  statements: readonly Statement[],
): Promise<Record<string, unknown>[]> {
  await connection.query('begin');
  try {
    let rows: Record<string, unknown>[] = [];
    for (const [text, values] of statements) ({ rows } = await connection.query(text, values));
    return rows;
  } finally {
    await connection.query('rollback');
  }
}

/** The id of somebody's session. */
export async function sessionOf(system: System, { account }: SignedIn): Promise<string> {
  const { rows } = await system.owner.query('select id from salus.sessions where user_id = $1', [account.id]);
  return rows[0].id;
}

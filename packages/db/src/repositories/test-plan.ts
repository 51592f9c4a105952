// For tests: what PostgreSQL does for a statement of the runtime role's, and how much it reads for it.
import type { SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import type pg from 'pg';

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly Node[];
}

export interface Plan {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** Blocks that the whole statement has read, within functions too. */
  readonly blocks: number;
  /** Every scan of a part of the trail or of its leaves that has read anything at all. */
  readonly scans: readonly { readonly how: string; readonly of: string; readonly blocks: number }[];
}

const dialect = new PgDialect();
const blocksOf = (node: Node) => node['Shared Hit Blocks'] + node['Shared Read Blocks'];
const below = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(below)];

/** Runs a statement after the one that makes its context. Nothing of it is kept. */
export async function planOf(app: pg.Client, begin: SQL, statement: SQL): Promise<Plan> {
  const context = dialect.sqlToQuery(begin);
  const { sql, params } = dialect.sqlToQuery(statement);
  await app.query('begin');
  try {
    await app.query(context.sql, context.params);
    const { rows } = await app.query(sql, params);
    const explained = await app.query(`explain (analyze, buffers, timing off, format json) ${sql}`, params);
    const plan: Node = explained.rows[0]['QUERY PLAN'][0].Plan;
    const scans = below(plan).map((node) => ({
      how: node['Node Type'],
      of: node['Relation Name'] ?? '',
      blocks: blocksOf(node),
    }));
    return {
      rows,
      blocks: blocksOf(plan),
      scans: scans.filter(
        ({ how, of, blocks }) => /^audit_(events|leaves)/.test(of) && /Scan/.test(how) && blocks > 0,
      ),
    };
  } finally {
    await app.query('rollback');
  }
}

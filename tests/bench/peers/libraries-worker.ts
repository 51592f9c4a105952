// The floor on the libraries that Salus is built on: Hono, tRPC with zod, drizzle's SQL and the Neon driver, one `select` of the
// row, with no security at all.
import { neon, neonConfig } from '@neondatabase/serverless';
import { initTRPC } from '@trpc/server';
import { resolveResponse } from '@trpc/server/http';
import { sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { Hono } from 'hono';
import * as z from 'zod';

interface Env {
  readonly DATABASE_URL: string;
  readonly DATABASE_ENDPOINT: string;
}

const MOUNT = '/trpc/';

const t = initTRPC.context<Env>().create({ isDev: false });
const dialect = new PgDialect();

const router = t.router({
  patients: t.router({
    get: t.procedure
      .input(z.strictObject({ id: z.uuid() }))
      .output(z.looseObject({ id: z.uuid() }))
      .query(async ({ ctx, input }) => {
        neonConfig.fetchEndpoint = ctx.DATABASE_ENDPOINT;
        const query = dialect.sqlToQuery(sql`select * from salus.patients where id = ${input.id}`);
        const [row] = await neon(ctx.DATABASE_URL).query(query.sql, query.params);
        return { ...row, id: String(row?.id) };
      }),
  }),
});

const app = new Hono<{ Bindings: Env }>();

app.all(`${MOUNT}*`, (c) =>
  resolveResponse({
    req: c.req.raw,
    path: c.req.path.slice(MOUNT.length),
    error: null,
    router,
    allowMethodOverride: true,
    createContext: async () => c.env,
  }),
);

export default app;

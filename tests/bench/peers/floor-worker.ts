// The floor in a Worker: Hono and the Neon driver, one `select` of the row, with no security at all.
import { neon, neonConfig } from '@neondatabase/serverless';
import { Hono } from 'hono';

interface Env {
  readonly DATABASE_URL: string;
  readonly DATABASE_ENDPOINT: string;
}

const app = new Hono<{ Bindings: Env }>();

app.get('/patients/:id', async (c) => {
  neonConfig.fetchEndpoint = c.env.DATABASE_ENDPOINT;
  const sql = neon(c.env.DATABASE_URL);
  const rows = await sql`select * from salus.patients where id = ${c.req.param('id')}`;
  return rows.length === 1 ? c.json(rows[0]) : c.json(null, 404);
});

export default app;

// The floor in Node: one `select` of the row by node:http and a pool, with no security at all.
import { createServer } from 'node:http';
import pg from 'pg';

const { databaseUrl } = JSON.parse(process.argv[2] ?? '{}') as { databaseUrl: string }; // of peers/start.ts
const pool = new pg.Pool({ connectionString: databaseUrl, max: 20 });
pool.on('error', () => undefined);

const server = createServer(async (request, response) => {
  const id = request.url?.split('/').at(-1);
  const { rows } = await pool.query('select * from salus.patients where id = $1', [id]);
  response.writeHead(rows.length === 1 ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify(rows[0] ?? null));
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' && address !== null ? address.port : 0 });
});
process.on('disconnect', () => process.exit(0));

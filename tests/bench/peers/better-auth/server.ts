// Better Auth with e-mail, password and one-time codes, as its documentation sets it up, on the same PostgreSQL. Its limit
// of calls is off, because it would end the measurement; its checks of origin are on.
import { createServer } from 'node:http';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { twoFactor } from 'better-auth/plugins';
import pg from 'pg';

const { databaseUrl } = JSON.parse(process.argv[2] ?? '{}') as { databaseUrl: string }; // of peers/start.ts
const pool = new pg.Pool({ connectionString: databaseUrl, max: 20, options: '-c search_path=better_auth' });
pool.on('error', () => undefined);

const auth = betterAuth({
  appName: 'bench',
  baseURL: 'http://127.0.0.1',
  trustedOrigins: ['http://127.0.0.1'],
  secret: 'a secret of the bench that is long enough for it',
  database: pool,
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  plugins: [twoFactor()],
  telemetry: { enabled: false },
});
await pool.query('create schema if not exists better_auth');
await (await getMigrations(auth.options)).runMigrations();

const server = createServer(toNodeHandler(auth));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' && address !== null ? address.port : 0 });
});
process.on('disconnect', () => process.exit(0));

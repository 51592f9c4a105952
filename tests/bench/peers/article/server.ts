// The article's own stack, written faithfully: Express, jsonwebtoken, bcrypt, express-rate-limit, express-validator,
// node-postgres, node:crypto, winston. Its limit of calls is kept counting, and set so high that the bench does not meet it.
import express from 'express';
import { rateLimit } from 'express-rate-limit';
import { body } from 'express-validator';
import pg from 'pg';
import { createAudit } from './audit.ts';
import { authenticate, authorize, signIn } from './authentication.ts';
import { patientRoutes } from './patients.ts';

export interface ArticleOptions {
  readonly databaseUrl: string;
  readonly auditFile: string;
  /** The answer waits for the audit row. */
  readonly durable: boolean;
}

const { databaseUrl, auditFile, durable } = JSON.parse(process.argv[2] ?? '{}') as ArticleOptions; // of peers/start.ts
const pool = new pg.Pool({ connectionString: databaseUrl, max: 20 });
pool.on('error', () => undefined);
const audit = createAudit(pool, { file: auditFile, durable });

const app = express();
app.use(express.json({ limit: '1mb' }));
app.use(rateLimit({ windowMs: 60_000, limit: 1_000_000_000, standardHeaders: true, legacyHeaders: false }));

app.post('/auth/sign-in', body('email').isEmail(), body('password').isString(), async (request, response) => {
  const presentedAt = Math.floor(Date.now() / 1000);
  const token = await signIn(pool, { ...request.body, presentedAt });
  if (token === null) response.status(401);
  await audit.answer(
    request,
    response,
    'SIGN_IN',
    token === null ? { error: 'Invalid credentials' } : { token },
    [],
  );
});

app.use('/patients', authenticate, patientRoutes(pool, audit));

app.get('/audit', authenticate, authorize('read:all'), async (request, response) => {
  const { rows } = await pool.query('select * from article.audit_logs order by timestamp desc limit $1', [
    Number(request.query.limit),
  ]);
  await audit.answer(request, response, 'READ_AUDIT', { events: rows }, []);
});

const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' && address !== null ? address.port : 0 });
});
process.on('disconnect', () => process.exit(0));

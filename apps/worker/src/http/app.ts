// The routes of the Worker and what every request passes on its way to them.
import { publicKeySet } from '@salus/auth';
import { KeyConfigurationError } from '@salus/crypto';
import { checkReadiness } from '@salus/db';
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { ConfigurationError } from '../env.ts';
import { isolateOf } from '../isolate.ts';
import { problemOf, report } from '../report.ts';
import { logFile } from './log.ts';
import { refuse } from './refuse.ts';
import { rpc } from './rpc.ts';
import { jsonByPost, knownOrigin, preflight, secureTransport } from './transport.ts';
import type { HonoEnv } from './variables.ts';

const YEAR = 365 * 24 * 60 * 60;

export const app = new Hono<HonoEnv>();

app.onError((error, c) => {
  report(c.get('requestId') ?? null, problemOf('unexpected', error));
  return refuse(c, 'internal');
});

app.notFound((c) => refuse(c, 'not_found'));

app.use(async (c, next) => {
  c.set('requestId', crypto.randomUUID());
  await next();
  // Not c.header(), which makes another Response each time.
  const { headers } = c.res;
  headers.set('x-request-id', c.get('requestId'));
  if (!headers.has('cache-control')) headers.set('cache-control', 'no-store');
});

app.use(
  secureHeaders({
    strictTransportSecurity: `max-age=${2 * YEAR}; includeSubDomains`,
    contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    referrerPolicy: 'no-referrer',
    // The log and the key set are for anybody, and the API is guarded by its list of origins.
    crossOriginResourcePolicy: 'cross-origin',
  }),
);

app.use(async (c, next) => {
  try {
    c.set('isolate', await isolateOf(c.env));
  } catch (error) {
    const named = error instanceof ConfigurationError || error instanceof KeyConfigurationError;
    const faults = named ? error.message : problemOf('', error).error;
    report(c.get('requestId'), { code: 'configuration_invalid', error: faults });
    return refuse(c, 'unavailable');
  }
  return next();
});

app.use(secureTransport);

app.get('/healthz', (c) => c.json({ status: 'pass' }));

app.get('/readyz', async (c) => {
  const { database, keyring } = c.get('isolate');
  try {
    await checkReadiness(database, keyring);
    return c.json({ status: 'pass' });
  } catch (error) {
    report(c.get('requestId'), problemOf('not_ready', error));
    return c.json({ status: 'fail' }, 503);
  }
});

app.get('/.well-known/jwks.json', (c) => {
  c.header('access-control-allow-origin', '*');
  c.header('cache-control', 'public, max-age=300');
  return c.json(publicKeySet(c.get('isolate').services.tokenKeys));
});

app.get('/log/:organization/:year/*', logFile);

app.options('/trpc/*', preflight);
app.use('/trpc/*', knownOrigin, jsonByPost);
app.all('/trpc/*', rpc);

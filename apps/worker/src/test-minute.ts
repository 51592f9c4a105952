// For tests: a minute of the Worker's clock, with the real PostgreSQL of tests/harness/worker-database.ts.
import { env } from 'cloudflare:workers';
import { newSigningKeys } from '@salus/auth';
import { toBase64 } from '@salus/crypto';
import { inject } from 'vitest';
import type { Env } from './env.ts';
import { isolateOf } from './isolate.ts';
import type { Minute } from './minute.ts';

export async function testMinute(bindings: Partial<Env> = {}): Promise<Minute> {
  const { endpoint, appUrl } = inject('database');
  const bound: Env = {
    ...env,
    DATABASE_URL: appUrl,
    DATABASE_ENDPOINT: endpoint,
    SALUS_ROOT_KEY: toBase64(crypto.getRandomValues(new Uint8Array(32))),
    SALUS_TOKEN_KEYS: await newSigningKeys(),
    ISSUER: 'http://127.0.0.1',
    SALUS_ENVIRONMENT: 'development',
    ...bindings,
  };
  return { env: bound, isolate: await isolateOf(bound) };
}

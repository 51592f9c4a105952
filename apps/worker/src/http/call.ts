// What a request is to the database: its name, where it came from, and the ways to the outside.
import type { Call } from '@salus/db';
import type { Context } from 'hono';
import type { HonoEnv } from './variables.ts';

const AGENT_AT_MOST = 256;

export function callOf(c: Context<HonoEnv>): Call {
  const requestId = c.get('requestId');
  const { database, keyring, outbox } = c.get('isolate');
  return {
    database,
    keyring,
    requestId,
    origin: {
      address: c.req.header('cf-connecting-ip') ?? 'unknown',
      agent: (c.req.header('user-agent') ?? '').slice(0, AGENT_AT_MOST),
    },
    now: Date.now,
    committed: (rows) => {
      const sending = outbox(rows);
      if (sending) c.executionCtx.waitUntil(sending);
    },
  };
}

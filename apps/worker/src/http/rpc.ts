// tRPC under /trpc.
import { appRouter, type Context, publicErrorOf } from '@salus/api';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import type { Context as HonoContext } from 'hono';
import { sendCommitted } from '../audit/producer.ts';
import { report } from '../report.ts';
import { refuse } from './refuse.ts';
import { bodyText } from './transport.ts';
import type { HonoEnv } from './variables.ts';

const AGENT_AT_MOST = 256;
const RETRY_AFTER = '5';

export async function rpc(c: HonoContext<HonoEnv>): Promise<Response> {
  const body = await bodyText(c.req.raw);
  if (body === null) return refuse(c, 'request_malformed');
  const { url, headers } = c.req.raw;
  return fetchRequestHandler({
    endpoint: '/trpc',
    req: new Request(url, { method: 'POST', headers, body }),
    router: appRouter,
    allowMethodOverride: true,
    maxBatchSize: 10,
    createContext: () => contextOf(c),
    responseMeta: ({ errors }) =>
      errors.some((error) => publicErrorOf(error).appCode === 'unavailable')
        ? { headers: { 'retry-after': RETRY_AFTER } }
        : {},
  });
}

function contextOf(c: HonoContext<HonoEnv>): Context {
  const requestId = c.get('requestId');
  const { database, keyring, services } = c.get('isolate');
  return {
    services,
    authorization: c.req.header('authorization') ?? null,
    purposeOfUse: c.req.header('purpose-of-use') ?? null,
    report: (problem) => report(requestId, problem),
    call: {
      database,
      keyring,
      requestId,
      origin: {
        address: c.req.header('cf-connecting-ip') ?? 'unknown',
        agent: (c.req.header('user-agent') ?? '').slice(0, AGENT_AT_MOST),
      },
      now: Date.now,
      committed: (rows) => c.executionCtx.waitUntil(sendCommitted(c.env.AUDIT_QUEUE, requestId, rows)),
    },
  };
}

// tRPC under /trpc.
import { appRouter, type Context, publicErrorOf } from '@salus/api';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import type { Context as HonoContext } from 'hono';
import { report } from '../report.ts';
import { callOf } from './call.ts';
import { recordRefused, refuse } from './refuse.ts';
import { bodyText } from './transport.ts';
import type { HonoEnv } from './variables.ts';

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
    // Before any procedure, which would have left an event of its own.
    onError: ({ type, error }) => {
      if (type === 'unknown') recordRefused(c, publicErrorOf(error).appCode);
    },
    responseMeta: ({ errors }) =>
      errors.some((error) => publicErrorOf(error).appCode === 'unavailable')
        ? { headers: { 'retry-after': RETRY_AFTER } }
        : {},
  });
}

function contextOf(c: HonoContext<HonoEnv>): Context {
  return {
    services: c.get('isolate').services,
    authorization: c.req.header('authorization') ?? null,
    purposeOfUse: c.req.header('purpose-of-use') ?? null,
    report: (problem) => report(c.get('requestId'), problem),
    call: callOf(c),
  };
}

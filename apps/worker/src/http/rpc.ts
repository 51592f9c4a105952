// tRPC under /trpc.
import { appRouter, type Context, publicErrorOf } from '@salus/api';
import { TRPCError } from '@trpc/server';
import { resolveResponse } from '@trpc/server/http';
import type { Context as HonoContext } from 'hono';
import { report } from '../report.ts';
import { bodyOf } from './body.ts';
import { callOf } from './call.ts';
import { recordRefused, refuse } from './refuse.ts';
import type { HonoEnv } from './variables.ts';

const MOUNT = '/trpc/';
const RETRY_AFTER = '5';

export async function rpc(c: HonoContext<HonoEnv>): Promise<Response> {
  const req = c.req.raw;
  const body = await bodyOf(req);
  if ('refused' in body) return refuse(c, body.refused);
  // What tRPC reads is what was checked.
  req.text = async () => body.text;
  try {
    return await resolveResponse({
      req,
      path: c.req.path.slice(MOUNT.length),
      error: null,
      router: appRouter,
      allowMethodOverride: true,
      maxBatchSize: 10,
      createContext: async () => contextOf(c),
      onError: ({ path, type, error }) => {
        // The request as a whole, before any call of it. Of that tRPC would make an answer without a type or an id.
        if (path === undefined) throw error;
        // Before any procedure, which would have left an event of its own.
        if (type === 'unknown') recordRefused(c, publicErrorOf(error).appCode);
      },
      responseMeta: ({ errors }) =>
        errors.some((error) => publicErrorOf(error).appCode === 'unavailable')
          ? { headers: { 'retry-after': RETRY_AFTER } }
          : {},
    });
  } catch (error) {
    if (error instanceof TRPCError && error.code !== 'INTERNAL_SERVER_ERROR') {
      return refuse(c, publicErrorOf(error).appCode);
    }
    throw error;
  }
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

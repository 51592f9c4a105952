// A refusal before any procedure runs, in the shape that callers of tRPC expect. Of a call of the API it is an event: counted,
// not recorded each, because nothing stops whoever causes them.
import { type AppCode, answer, errorShape } from '@salus/api';
import { recordRefusal } from '@salus/db';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { problemOf, report } from '../report.ts';
import { callOf } from './call.ts';
import type { HonoEnv } from './variables.ts';

const API = /^\/trpc(\/|$)/;
const RECORDED: ReadonlySet<AppCode> = new Set([
  'transport_insecure',
  'cross_site',
  'method_not_allowed',
  'content_type_not_supported',
  'batch_too_large',
  'body_too_large',
  'request_malformed',
]);

export function refuse(
  c: Context<HonoEnv>,
  appCode: AppCode,
  headers: Record<string, string> = {},
): Response {
  if (RECORDED.has(appCode) && API.test(c.req.path)) recordRefused(c, appCode);
  const error = errorShape(answer(appCode), c.get('requestId'));
  return c.json({ error }, error.data.httpStatus as ContentfulStatusCode, headers); // statuses of errors have a body
}

/** Leaves an event, after the answer: nothing was disclosed, so that it waits for nothing. */
export function recordRefused(c: Context<HonoEnv>, reason: AppCode): void {
  const recording = recordRefusal(callOf(c), {
    type: 'request.refused',
    outcome: answer(reason).code === 'FORBIDDEN' ? 'denied' : 'failed',
    reason,
    caller: null,
    resource: null,
    resourceId: null,
    purpose: null,
  });
  c.executionCtx.waitUntil(
    recording.catch((error) => report(c.get('requestId'), problemOf('refusal_not_recorded', error))),
  );
}

// A refusal before any procedure runs, in the shape that callers of tRPC expect.
import { type AppCode, answer, errorShape } from '@salus/api';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { HonoEnv } from './variables.ts';

export function refuse(
  c: Context<HonoEnv>,
  appCode: AppCode,
  headers: Record<string, string> = {},
): Response {
  const error = errorShape(answer(appCode), c.get('requestId'));
  return c.json({ error }, error.data.httpStatus as ContentfulStatusCode, headers); // statuses of errors have a body
}

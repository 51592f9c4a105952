// The audit logs as files (c2sp.org/tlog-tiles): anybody may read and verify them. They hold opaque ids and ciphertext.
import type { Context } from 'hono';
import { refuse } from './refuse.ts';
import type { HonoEnv } from './variables.ts';

/** Of a year that was deleted after its retention the second is there beside the first, and no tile. */
const NOTE = /^log\/[0-9a-f-]{36}\/\d{4}\/(checkpoint|deletion-certificate)$/;
const TILE = /^log\/[0-9a-f-]{36}\/\d{4}\/tile\/(\d{1,2}|entries)\/(x\d{3}\/)*\d{3}(\.p\/\d{1,3})?$/;

export async function logFile(c: Context<HonoEnv>): Promise<Response> {
  const key = c.req.path.slice(1);
  const isTile = TILE.test(key);
  const object = isTile || NOTE.test(key) ? await c.env.LOG.get(key) : null;
  // Any page may verify a log, and must be able to tell a file that is not there from a lost connection.
  c.header('access-control-allow-origin', '*');
  if (!object) return refuse(c, 'not_found');
  c.header('content-type', isTile ? 'application/octet-stream' : 'text/plain; charset=utf-8');
  // A tile never changes while it is there; the checkpoint moves on.
  if (isTile) c.header('cache-control', 'public, max-age=31536000, immutable');
  return c.body(object.body);
}

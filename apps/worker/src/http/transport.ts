// Who may speak to the Worker, and how (45 CFR 164.312(e)): over HTTPS, from an origin that is known, in JSON, by POST.
// Plain HTTP is refused and never redirected: a redirect has already leaked the request.
import type { Context } from 'hono';
import { cors } from 'hono/cors';
import { createMiddleware } from 'hono/factory';
import { refuse } from './refuse.ts';
import type { HonoEnv } from './variables.ts';

const LOOPBACK = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?\//i;
const MAX_BATCH = 10;
/** As tRPC looks for it. */
const STREAM = /application\/jsonl/i;

/** HTTPS, or a developer's own machine. */
export const secureTransport = createMiddleware<HonoEnv>(async (c, next) => {
  const { url } = c.req;
  const { SALUS_ENVIRONMENT } = c.get('isolate').configuration;
  const local = SALUS_ENVIRONMENT === 'development' && LOOPBACK.test(url);
  if (!url.startsWith('https://') && !local) return refuse(c, 'transport_insecure');
  return next();
});

/** Tells a browser, before a call, that a page of a listed origin may make it. */
export const preflight = cors({
  origin: (origin, c) => (isListed(c, origin) ? origin : null),
  allowMethods: ['POST'],
  allowHeaders: ['authorization', 'content-type', 'purpose-of-use'],
  maxAge: 600,
});

/** A browser says where a call comes from; from elsewhere than here or the list it is refused. */
export const knownOrigin = createMiddleware<HonoEnv>(async (c, next) => {
  const origin = c.req.header('origin');
  if (origin === undefined) {
    if (c.req.header('sec-fetch-site') === 'cross-site') return refuse(c, 'cross_site');
    return next();
  }
  const listed = isListed(c, origin);
  if (!listed && origin !== new URL(c.req.url).origin) return refuse(c, 'cross_site');
  await next();
  if (listed) c.res.headers.set('access-control-allow-origin', origin);
});

/** POST and JSON only, the answer too: PHI never stands in a URL, and no form of another site can make a call. */
export const jsonByPost = createMiddleware<HonoEnv>(async (c, next) => {
  if (c.req.method !== 'POST') return refuse(c, 'method_not_allowed', { allow: 'POST' });
  if (!/^application\/json\s*(;\s*charset=("?)utf-8\2\s*)?$/i.test(c.req.header('content-type') ?? '')) {
    return refuse(c, 'content_type_not_supported');
  }
  // A stream has its status before its calls have any, and errors of another form.
  if (STREAM.test(`${c.req.header('trpc-accept')} ${c.req.header('accept')}`)) {
    return refuse(c, 'request_malformed');
  }
  if (c.req.path.split(/,|%2c/i).length > MAX_BATCH) return refuse(c, 'batch_too_large');
  return next();
});

function isListed(c: Context<HonoEnv>, origin: string): boolean {
  return c.get('isolate').configuration.ALLOWED_ORIGINS.includes(origin);
}

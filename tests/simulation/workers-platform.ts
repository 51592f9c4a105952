// What the Worker imports from its platform, where it runs in Node: worker-program.ts puts this module in the place of
// `cloudflare:workers` and `cloudflare:sockets`.

export class DurableObject<Env> {
  readonly ctx: unknown;
  readonly env: Env;

  constructor(ctx: unknown, env: Env) {
    this.ctx = ctx;
    this.env = env;
  }
}

/** Mail is not simulated: MAIL_URL is not set. */
export function connect(): never {
  throw new Error('there are no sockets in the simulation');
}

// What the routes of the Worker share about a request.
import type { Env } from '../env.ts';
import type { Isolate } from '../isolate.ts';

export interface HonoEnv {
  readonly Bindings: Env;
  readonly Variables: {
    /** UUID, made here: a caller cannot choose what the audit trail calls its request. */
    readonly requestId: string;
    readonly isolate: Isolate;
  };
}

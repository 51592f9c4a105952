// For tests: what `env` and `inject` hold in the project `worker` of vitest.config.ts.
/// <reference types="@cloudflare/vitest-plugin/types" />
import type { Env as WorkerEnv } from '../env.ts';

declare global {
  namespace Cloudflare {
    interface Env extends WorkerEnv {}
  }
}

declare module 'vitest' {
  interface ProvidedContext {
    database: { readonly endpoint: string; readonly appUrl: string; readonly ownerUrl: string };
    servers: {
      readonly mail: {
        readonly clear: number;
        readonly starttls: number;
        readonly tls: number;
        readonly hostile: Readonly<Record<string, number>>;
        readonly inbox: string;
      };
    };
  }
}

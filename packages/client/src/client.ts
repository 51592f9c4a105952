// The typed client. What can be called, with what and for what answer is inferred from the server's router; every call
// that touches a record names its purpose of use.
//   const salus = createSalusClient({ url: 'http://127.0.0.1:8787' });
//   await salus.signIn({ email, password, secondFactor: async () => prompt('Code?') ?? '' });
//   const page = await salus.patients.list({ limit: 10 }, { purpose: 'TREAT' });
import type { AppRouter } from '@salus/api';
import type { PurposeOfUse } from '@salus/schema';
import { createTRPCUntypedClient, httpLink, TRPCClientError } from '@trpc/client';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import { SalusError, salusErrorOf } from './errors.ts';
import { createSession, type Tokens } from './session.ts';

type Inputs = inferRouterInputs<AppRouter>;
type Outputs = inferRouterOutputs<AppRouter>;

export interface CallOptions {
  /** Why the record is needed (HL7 PurposeOfUse). It stands in the audit trail. */
  readonly purpose: PurposeOfUse;
  readonly signal?: AbortSignal;
}

/** Every procedure that touches records. @throws SalusError */
export type SalusProcedures = {
  readonly [R in Exclude<keyof Inputs, 'auth'>]: {
    readonly [P in keyof Inputs[R]]: (
      input: Inputs[R][P],
      options: CallOptions,
    ) => Promise<P extends keyof Outputs[R] ? Outputs[R][P] : never>;
  };
};

export interface Credentials {
  readonly email: string;
  readonly password: string;
  /** Asked for the one-time code, once the password has been accepted. */
  readonly secondFactor: () => Promise<string>;
}

export interface SalusClient extends SalusProcedures {
  /** @throws SalusError `credentials_refused`, `throttled` */
  signIn(credentials: Credentials): Promise<void>;
  /** Ends the session here and on the server. */
  signOut(): Promise<void>;
}

export interface SalusClientOptions {
  /** Where Salus is, such as `https://api.example.org`. */
  readonly url: string;
  /** Tokens that were kept from an earlier session. */
  readonly tokens?: Tokens;
  /** Told of every change of the tokens; null when the session is over. */
  readonly onTokens?: (tokens: Tokens | null) => void;
  readonly fetch?: NonNullable<Parameters<typeof httpLink>[0]['fetch']>;
}

interface Headers {
  readonly accessToken?: string;
  readonly purpose?: PurposeOfUse;
}

/** `token_invalid`: the keys that sign tokens were replaced at once, and the session goes on. */
const TOKEN_REFUSED: ReadonlySet<string> = new Set(['token_expired', 'token_invalid']);

export function createSalusClient(options: SalusClientOptions): SalusClient {
  const send = createSender(options);
  const tokensOf = ({ expiresIn, ...tokens }: Outputs['auth']['refresh']): Tokens => ({
    ...tokens,
    expiresAt: Date.now() + expiresIn * 1000,
  });
  const session = createSession({
    tokens: options.tokens,
    onTokens: options.onTokens,
    now: Date.now,
    exchange: async (refreshToken) =>
      tokensOf(await send<Outputs['auth']['refresh']>('auth.refresh', { refreshToken }, {})),
  });

  /** A call whose token was refused has done nothing, so it may be made again with a new one. */
  const call = async (path: string, input: unknown, { purpose, signal }: Partial<CallOptions>) => {
    const accessToken = await session.accessToken();
    try {
      return await send(path, input, { accessToken, ...(purpose && { purpose }) }, signal);
    } catch (error) {
      if (!(error instanceof SalusError && TOKEN_REFUSED.has(error.code))) throw error;
      const renewed = await session.renew(accessToken);
      return send(path, input, { accessToken: renewed, ...(purpose && { purpose }) }, signal);
    }
  };

  const account: Pick<SalusClient, 'signIn' | 'signOut'> = {
    async signIn({ email, password, secondFactor }) {
      const { mfaToken } = await send<Outputs['auth']['signIn']>('auth.signIn', { email, password }, {});
      const code = await secondFactor();
      session.set(
        tokensOf(await send<Outputs['auth']['verifyTotp']>('auth.verifyTotp', { mfaToken, code }, {})),
      );
    },
    async signOut() {
      try {
        await call('auth.signOut', undefined, {});
      } finally {
        session.set(null);
      }
    },
  };

  // Boundary: the names of routers and procedures exist in the server's types alone.
  return new Proxy(account, {
    get(target, router) {
      if (typeof router !== 'string' || router === 'then') return undefined;
      if (Object.hasOwn(target, router)) return Reflect.get(target, router);
      return new Proxy(
        {},
        {
          get: (_, procedure) =>
            typeof procedure === 'string' && procedure !== 'then'
              ? (input: unknown, callOptions: CallOptions) =>
                  call(`${router}.${procedure}`, input, callOptions)
              : undefined,
        },
      );
    },
  }) as SalusClient;
}

function createSender({ url, fetch }: SalusClientOptions) {
  const client = createTRPCUntypedClient<AppRouter>({
    links: [
      httpLink({
        url: new URL('/trpc', url).href,
        // Queries too: PHI and search terms never stand in a URL.
        methodOverride: 'POST',
        ...(fetch && { fetch }),
        headers({ op }) {
          const { accessToken, purpose } = op.context as Headers; // set below, and nowhere else
          return {
            ...(accessToken && { authorization: `Bearer ${accessToken}` }),
            ...(purpose && { 'purpose-of-use': purpose }),
          };
        },
      }),
    ],
  });
  return async <T>(path: string, input: unknown, context: Headers, signal?: AbortSignal): Promise<T> => {
    try {
      // Boundary: the caller of this function says what the procedure of that path answers.
      return (await client.mutation(path, input, {
        context: { ...context },
        ...(signal && { signal }),
      })) as T;
    } catch (error) {
      throw error instanceof TRPCClientError ? salusErrorOf(error) : error;
    }
  };
}

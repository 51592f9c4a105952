// A key service of the tests, as a test sees it, whichever it is.
import type { KeyServiceServer } from './server.ts';

export interface KeyService extends KeyServiceServer {
  /** How a deployment says that this service keeps its root key. */
  readonly variables: Readonly<Record<string, string>>;
  /** Another key in the same service. */
  readonly otherKey: Readonly<Record<string, string>>;
  /** Credentials of the right form that nobody has. */
  readonly wrongLogin: Readonly<Record<string, string>>;
  /** Switches: what the service does from now on. */
  readonly does: {
    /** The caller may use no key. */
    deny: boolean;
    /** The keys are disabled. */
    disable: boolean;
    /** Answers another key's plaintext to whoever asks to decrypt, and says nothing of it. */
    lie: boolean;
    /** Answers in the name of another key, where its answers name one. */
    misname: boolean;
  };
  /** Secrets that the service or its caller holds: to be looked for where they must not be. */
  readonly secrets: readonly string[];
}

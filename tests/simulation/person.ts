// Somebody of one of the organizations: what they hold, why they call, and what a call of theirs comes to.
import type { Account } from './stage.ts';

export interface Person {
  readonly account: Account;
  accessToken: string | null;
  refreshToken: string | null;
  /** The code it signed in with, to try it again. */
  lastCode: string | null;
  /** A code is good once, so that there is no sense in trying before the next one. */
  nextSignIn: number;
  busy: boolean;
}

export interface Reply {
  readonly status: number;
  readonly requestId: string;
  readonly appCode: string | null;
  // What a procedure answers: read by whoever called it.
  readonly data: Readonly<Record<string, unknown>>;
}

export interface CallOptions {
  readonly purpose?: string;
  /** It must be refused: an answer with success is a violation. */
  readonly refused?: string;
  readonly anonymous?: boolean;
}

/** Whose request is whose: for whoever looks at the answers. */
export const senders = new WeakMap<
  Request,
  { readonly person: Person; readonly path: string; readonly refused?: string }
>();

export const PURPOSES: Readonly<Record<string, string>> = {
  provider: 'TREAT',
  nurse: 'TREAT',
  billing: 'HPAYMT',
  admin: 'HOPERAT',
  privacy_officer: 'HOPERAT',
};

/** Stands in every name, so that an answer to the wrong people shows. */
export const canaryOf = ({ organizationId }: Pick<Account, 'organizationId'>) =>
  `Canary${organizationId.slice(-6)}`;

// Why nothing was delivered. Never with a part of the URL or of what the other side has said.

export type OutgoingErrorCode =
  | 'url_malformed'
  /** Not HTTPS, or with a user name, or on a port of another protocol. */
  | 'url_not_permitted'
  /** An address or a name of this machine, of a private network, or of no network at all. */
  | 'host_not_public'
  /** The deployment itself. */
  | 'host_own'
  /** No connection, or a broken one. */
  | 'unreachable'
  | 'timed_out'
  /** The answer was another place to go to, and nobody went. */
  | 'redirected'
  /** The answer was 4xx. */
  | 'refused'
  /** The answer was 5xx, or no status that a server may end with. */
  | 'failed';

export class OutgoingError extends Error {
  override readonly name = 'OutgoingError';
  readonly code: OutgoingErrorCode;
  /** Milliseconds for which the other side asks to be left alone; 0 when it did not ask. */
  readonly retryAfter: number;

  constructor(code: OutgoingErrorCode, retryAfter = 0) {
    super(code);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

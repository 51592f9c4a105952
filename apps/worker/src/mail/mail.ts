// Mail, as the jobs see it. What a message says is the caller's duty: no PHI goes by mail, only codes, counts and opaque ids,
// and reports that hold nothing else.
import type { Bytes } from '@salus/crypto';

export interface MailMessage {
  /** One address: who else was written to is nobody's business. */
  readonly to: string;
  /** A single line. */
  readonly subject: string;
  /** Plain text; lines end with `\n`. */
  readonly text: string;
  readonly attachments?: readonly MailAttachment[];
}

export interface MailAttachment {
  /** ASCII letters, digits, `.`, `_` and `-`. */
  readonly name: string;
  /** Such as `application/pdf`. */
  readonly type: string;
  readonly content: Bytes;
}

export interface Mail {
  /** Hands a message over. @throws MailError; sent again, it may arrive twice */
  send(message: MailMessage): Promise<void>;
}

export type MailErrorCode =
  /** There is nobody to send mail through. */
  | 'mail_not_configured'
  /** An address, subject or attachment that no message can be made of. */
  | 'mail_invalid'
  /** No connection, a broken one, or no answer in time. */
  | 'mail_unreachable'
  /** The server does not offer what protects the credentials. They were not sent. */
  | 'mail_insecure'
  /** The server does not take the credentials. */
  | 'mail_not_authenticated'
  /** The server refuses the message for good (5yz). */
  | 'mail_refused'
  /** The server asks for patience (4yz). */
  | 'mail_deferred'
  /** What the server says is not SMTP. */
  | 'mail_protocol';

const FOR_GOOD: readonly MailErrorCode[] = ['mail_invalid', 'mail_refused'];

/** Says nothing that a server said. */
export class MailError extends Error {
  override readonly name = 'MailError';
  readonly code: MailErrorCode;
  /** Whether it may succeed later. */
  readonly retry: boolean;

  constructor(code: MailErrorCode) {
    super(code);
    this.code = code;
    this.retry = !FOR_GOOD.includes(code);
  }
}

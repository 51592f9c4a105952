// A connection as SMTP uses it: lines out, replies in (RFC 5321 §4.2). Bounded in time and in size, so that a server that is
// slow, silent or never-ending costs no more than the deadline.
import { connect } from 'cloudflare:sockets';
import type { Bytes } from '@salus/crypto';
import { MailError } from './mail.ts';

export type Security =
  /** TLS from the first byte on (RFC 8314), usually port 465. */
  | 'tls'
  /** TLS after STARTTLS (RFC 3207), usually port 587. */
  | 'starttls'
  /** None: a server on this machine. */
  | 'none';

export interface Reply {
  readonly code: number;
  /** What follows the code, line by line. */
  readonly lines: readonly string[];
}

const REPLY_LINE = /^(\d{3})(?:([ -])(.*))?$/;
const REPLY_BYTES_AT_MOST = 16_384;
const TRANSPORT = { tls: 'on', starttls: 'starttls', none: 'off' } as const;

export interface Connection {
  /** @throws MailError `mail_unreachable`, `mail_protocol` */
  reply(): Promise<Reply>;
  /** @throws MailError `mail_unreachable` */
  write(bytes: Uint8Array): Promise<void>;
  /** Goes on under TLS. What the server said before its time is no part of it. @throws MailError */
  secure(): void;
  close(): void;
}

/** @param milliseconds for everything that is done with the connection */
export function openConnection(
  address: { readonly hostname: string; readonly port: number },
  security: Security,
  milliseconds: number,
): Connection {
  let socket = connect(address, { secureTransport: TRANSPORT[security], allowHalfOpen: false });
  let reader: ReadableStreamDefaultReader<Bytes> = socket.readable.getReader();
  let writer: WritableStreamDefaultWriter<Uint8Array> = socket.writable.getWriter();
  let unread = '';
  const close = () => {
    clearTimeout(timer);
    void socket.close().catch(() => undefined);
  };
  const { promise: late, reject } = Promise.withResolvers<never>();
  late.catch(() => undefined);
  const timer = setTimeout(() => {
    reject(new MailError('mail_unreachable'));
    close();
  }, milliseconds);
  for (const end of [socket.opened, socket.closed]) end.catch(() => undefined);

  /** Whatever goes wrong with a socket is the same to the caller, and its message may name addresses. */
  const inTime = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await Promise.race([work, late]);
    } catch {
      throw new MailError('mail_unreachable');
    }
  };

  const line = async (): Promise<string> => {
    const decoder = new TextDecoder();
    for (;;) {
      const end = unread.indexOf('\n');
      if (end >= 0) {
        const text = unread.slice(0, end).replace(/\r$/, '');
        unread = unread.slice(end + 1);
        return text;
      }
      const { value, done } = await inTime(reader.read());
      if (done) throw new MailError('mail_unreachable');
      unread += decoder.decode(value, { stream: true });
      if (unread.length > REPLY_BYTES_AT_MOST) throw new MailError('mail_protocol');
    }
  };

  return {
    close,
    async reply() {
      const lines: string[] = [];
      for (;;) {
        const [, code, more, text = ''] = REPLY_LINE.exec(await line()) ?? [];
        lines.push(text);
        if (code === undefined || lines.length > 100) throw new MailError('mail_protocol');
        if (more !== '-') return { code: Number(code), lines };
      }
    },
    write: (bytes) => inTime(writer.write(bytes)),
    secure() {
      if (unread !== '') throw new MailError('mail_protocol');
      reader.releaseLock();
      writer.releaseLock();
      socket = socket.startTls();
      for (const end of [socket.opened, socket.closed]) end.catch(() => undefined);
      reader = socket.readable.getReader();
      writer = socket.writable.getWriter();
    },
  };
}

// Message submission over SMTP (RFC 6409, RFC 5321): EHLO, STARTTLS, AUTH PLAIN, one message to one address. Credentials are
// sent under TLS only, unless the server is on this machine. What a server says decides by its code alone, and is told to
// nobody.
import { toBase64, utf8 } from '@salus/crypto';
import { type Connection, openConnection, type Reply, type Security } from './connection.ts';
import { type Mail, MailError } from './mail.ts';
import { messageBytes, requireAddress } from './message.ts';

export interface SmtpServer {
  readonly hostname: string;
  readonly port: number;
  readonly security: Security;
  readonly credentials: { readonly username: string; readonly password: string } | null;
  /** Address of the sender. */
  readonly from: string;
}

const DEADLINE = 30_000;
const CRLF = '\r\n';
const LF = 10;
const DOT = 46;

export function smtpMail(server: SmtpServer, { deadline = DEADLINE } = {}): Mail {
  return {
    async send(message) {
      const id = crypto.randomUUID();
      const data = messageBytes(message, { from: server.from, now: Date.now(), id });
      await submit(server, { to: message.to, data }, deadline);
    },
  };
}

/**
 * Hands over a message of which the bytes are made. Lines end with CRLF.
 * @throws MailError
 */
export async function submit(
  server: SmtpServer,
  { to, data }: { readonly to: string; readonly data: Uint8Array },
  deadline: number = DEADLINE,
): Promise<void> {
  requireAddress(server.from);
  requireAddress(to);
  const connection = openConnection(server, server.security, deadline);
  const say = async (line: string, ...expected: readonly number[]): Promise<Reply> => {
    await connection.write(utf8(line + CRLF));
    return expect(connection, expected);
  };
  try {
    await expect(connection, [220]);
    let extensions = await ehlo(say, server);
    if (server.security === 'starttls') {
      if (!extensions.has('STARTTLS')) throw new MailError('mail_insecure');
      await say('STARTTLS', 220);
      connection.secure();
      extensions = await ehlo(say, server);
    }
    if (server.credentials) await authenticate(connection, extensions, server.credentials);
    await say(`MAIL FROM:<${server.from}>`, 250);
    await say(`RCPT TO:<${to}>`, 250, 251);
    await say('DATA', 354);
    await connection.write(dotStuffed(data));
    await expect(connection, [250]);
    // It has been taken; how the two of us part is of no consequence.
    await connection.write(utf8(`QUIT${CRLF}`)).catch(() => undefined);
  } finally {
    connection.close();
  }
}

type Say = (line: string, ...expected: readonly number[]) => Promise<Reply>;

/** Extensions by keyword, with their parameters. */
async function ehlo(say: Say, { from }: SmtpServer): Promise<Map<string, string[]>> {
  const { lines } = await say(`EHLO ${from.slice(from.lastIndexOf('@') + 1)}`, 250);
  return new Map(
    lines.slice(1).map((line) => {
      const [keyword = '', ...parameters] = line.toUpperCase().split(' ');
      return [keyword, parameters];
    }),
  );
}

/** RFC 4954 with the mechanism PLAIN (RFC 4616). */
async function authenticate(
  connection: Connection,
  extensions: ReadonlyMap<string, readonly string[]>,
  { username, password }: NonNullable<SmtpServer['credentials']>,
): Promise<void> {
  if (!extensions.get('AUTH')?.includes('PLAIN')) throw new MailError('mail_not_authenticated');
  const response = toBase64(utf8(`\0${username}\0${password}`));
  await connection.write(utf8(`AUTH PLAIN ${response}${CRLF}`));
  const { code } = await connection.reply();
  if (code === 235) return;
  throw new MailError(code >= 400 && code < 500 ? 'mail_deferred' : 'mail_not_authenticated');
}

async function expect(connection: Connection, codes: readonly number[]): Promise<Reply> {
  const reply = await connection.reply();
  if (codes.includes(reply.code)) return reply;
  if (reply.code >= 400 && reply.code < 500) throw new MailError('mail_deferred');
  if (reply.code >= 500 && reply.code < 600) throw new MailError('mail_refused');
  throw new MailError('mail_protocol');
}

/** RFC 5321 §4.5.2: a line that begins with a dot gets another one, and a dot alone ends the message. */
function dotStuffed(data: Uint8Array): Uint8Array {
  const beginsLine = (at: number) => at === 0 || data[at - 1] === LF;
  const dots = data.reduce((count, byte, at) => count + (byte === DOT && beginsLine(at) ? 1 : 0), 0);
  const end = utf8(beginsLine(data.length) ? `.${CRLF}` : `${CRLF}.${CRLF}`);
  const out = new Uint8Array(data.length + dots + end.length);
  let to = 0;
  data.forEach((byte, at) => {
    if (byte === DOT && beginsLine(at)) out[to++] = DOT;
    out[to++] = byte;
  });
  out.set(end, to);
  return out;
}

// Mail servers on loopback: one that takes what it is given (npm smtp-server, a server of its own), and ones that misbehave.
import { createServer } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { listenOnLoopback } from './loopback.ts';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly user: string;
  readonly secure: boolean;
  /** The message as it came, dots unstuffed. */
  readonly source: string;
}

export interface MailServer {
  readonly port: number;
  readonly received: ReceivedMail[];
  /** Every address that somebody has asked for, whether it was taken or not. */
  readonly recipients: readonly string[];
  close(): Promise<void>;
}

export const MAIL_USER = 'salus@clinic.example';
export const MAIL_PASSWORD = 'p+a%s/s:w@rd';

/** Takes mail from MAIL_USER; `deferred@…` and `refused@…` are addresses that it does not like. */
export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const received: ReceivedMail[] = [];
  const recipients: string[] = [];
  const server = new SMTPServer({
    logger: false,
    authMethods: ['PLAIN'],
    disableReverseLookup: true,
    ...options,
    onAuth({ username, password }, _session, callback) {
      const known = username === MAIL_USER && password === MAIL_PASSWORD;
      callback(known ? null : new Error('no such user'), known ? { user: username } : undefined);
    },
    onRcptTo({ address }, _session, callback) {
      recipients.push(address);
      const code = { deferred: 450, refused: 550 }[address.split('@')[0] ?? ''];
      callback(code === undefined ? null : Object.assign(new Error('not now'), { responseCode: code }));
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          user: String(session.user ?? ''),
          secure: session.secure,
          source: Buffer.concat(chunks).toString('utf8'),
        });
        callback();
      });
    },
  });
  // A client that goes away in the middle of a handshake is what some tests are about.
  server.on('error', () => undefined);
  return {
    port: await listenOnLoopback(server.server),
    received,
    recipients,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** What a hostile server says: at once, and in answer to each line. */
interface Script {
  readonly greeting: string;
  readonly answer?: (line: string) => string;
  readonly ending?: 'close' | 'endless';
}

const SCRIPTS = {
  silent: { greeting: '' },
  gone: { greeting: '', ending: 'close' },
  garbage: { greeting: 'HTTP/1.1 400 Bad Request\r\n' },
  endless: { greeting: '220', ending: 'endless' },
  'endless-reply': { greeting: '220-x\r\n'.repeat(1000) },
  busy: { greeting: '421 canary-of-the-server later\r\n' },
  // CVE-2021-38371 and its kin: what is said before TLS is taken for what is said under it.
  injecting: {
    greeting: '220 x\r\n',
    answer: (line) =>
      line.startsWith('EHLO') ? '250-x\r\n250 STARTTLS\r\n' : '220 go\r\n250-x\r\n250 AUTH PLAIN\r\n',
  },
} as const satisfies Record<string, Script>;

/** Ports by what is wrong there. */
export async function startHostileMailServers(): Promise<{
  readonly ports: Record<keyof typeof SCRIPTS, number>;
  close(): Promise<void>;
}> {
  const started = await Promise.all(
    Object.entries<Script>(SCRIPTS).map(
      async ([name, script]) => [name, await startScripted(script)] as const,
    ),
  );
  return {
    ports: Object.fromEntries(started.map(([name, { port }]) => [name, port])) as Record<
      keyof typeof SCRIPTS,
      number
    >, // names just mapped
    close: async () => {
      for (const [, { close }] of started) await close();
    },
  };
}

async function startScripted({ greeting, answer, ending }: Script) {
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.write(greeting);
    if (ending === 'close') socket.end();
    if (ending === 'endless') {
      const flood = () => {
        while (!socket.destroyed && socket.write('x'.repeat(65_536)));
      };
      socket.on('drain', flood);
      flood();
    }
    socket.on('data', (data) => {
      if (answer) socket.write(answer(data.toString()));
    });
  });
  return {
    port: await listenOnLoopback(server),
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

/** Takes credentials without TLS: what a developer's own machine may do. */
export const IN_THE_CLEAR: SMTPServerOptions = { disabledCommands: ['STARTTLS'], allowInsecureAuth: true };

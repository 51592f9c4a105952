// Submission from workerd over real sockets to a real server, and to servers that misbehave. TLS that is trusted is tried in
// tests/e2e/alerts.test.ts: what workerd trusts is set when it starts.
import { utf8 } from '@salus/crypto';
import { describe, expect, inject, it } from 'vitest';
import type { MailMessage } from './mail.ts';
import { type SmtpServer, smtpMail, submit } from './smtp.ts';

const { mail } = inject('servers');

const local: SmtpServer = {
  hostname: '127.0.0.1',
  port: mail.clear,
  security: 'none',
  credentials: { username: 'salus@clinic.example', password: 'p+a%s/s:w@rd' },
  from: 'salus@clinic.example',
};

let mails = 0;
/** An address that no other test writes to. */
const somebody = () => `officer${++mails}@clinic.example`;

interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly user: string;
  readonly source: string;
}

async function received(to: string): Promise<Received[]> {
  const all: Received[] = await (await fetch(mail.inbox)).json();
  return all.filter((message) => message.to.includes(to));
}

/** Headers, unfolded, and the body. */
function parts(source: string): { headers: Map<string, string>; body: string } {
  const [head = '', ...rest] = source.split('\r\n\r\n');
  const headers = head.replaceAll('\r\n ', ' ').split('\r\n');
  return {
    headers: new Map(
      headers.map((line) => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 2),
      ]),
    ),
    body: rest.join('\r\n\r\n'),
  };
}

const fromBase64 = (text: string) =>
  new TextDecoder().decode(Uint8Array.from(atob(text.replaceAll('\r\n', '')), (c) => c.charCodeAt(0)));

const failure = async (work: Promise<void>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

describe('a message', () => {
  it('arrives as it was written, in any script, from whom and to whom it should', async () => {
    const to = somebody();
    const subject = 'Alerte : 12 refus, 李小龍, 🩺 '.repeat(4).trim();
    const text = '.\n..two dots\nlast line\nNguyễn\n';
    await smtpMail(local).send({ to, subject, text });
    const [message, ...more] = await received(to);
    if (!message) throw new Error('nothing came');
    expect(more).toEqual([]);
    expect(message).toMatchObject({ from: local.from, to: [to], user: local.credentials?.username });
    const { headers, body } = parts(message.source);
    expect(Object.fromEntries(headers)).toMatchObject({
      from: `Salus <${local.from}>`,
      to: `<${to}>`,
      date: expect.stringMatching(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000$/),
      'message-id': expect.stringMatching(/^<[0-9a-f-]{36}@clinic\.example>$/),
      'mime-version': '1.0',
      'auto-submitted': 'auto-generated',
      'content-type': 'text/plain; charset=utf-8',
    });
    const words = headers.get('subject')?.split(' ') ?? [];
    expect(words.every((word) => word.length <= 75)).toBe(true);
    expect(words.map((word) => fromBase64(/^=\?utf-8\?B\?(.+)\?=$/.exec(word)?.[1] ?? '')).join('')).toBe(
      subject,
    );
    expect(fromBase64(body)).toBe(text.replaceAll('\n', '\r\n'));
    expect(message.source.split('\r\n').every((line) => line.length <= 78)).toBe(true);
  });

  it('carries attachments, byte for byte', async () => {
    const to = somebody();
    const content = crypto.getRandomValues(new Uint8Array(100_000).fill(0).subarray(0, 65_536));
    await smtpMail(local).send({
      to,
      subject: 'Weekly report',
      text: 'Attached.\n',
      attachments: [{ name: 'report.pdf', type: 'application/pdf', content }],
    });
    const [message] = await received(to);
    const { headers, body } = parts(message?.source ?? '');
    const [, boundary = ''] = /boundary="(.+)"/.exec(headers.get('content-type') ?? '') ?? [];
    const [, first = '', second = '', end] = body.split(`--${boundary}`);
    expect(end?.trim()).toBe('--');
    expect(fromBase64(parts(first.slice(2)).body)).toBe('Attached.\r\n');
    const attached = parts(second.slice(2));
    expect(attached.headers.get('content-disposition')).toBe('attachment; filename="report.pdf"');
    expect(atob(attached.body.replaceAll('\r\n', ''))).toBe(
      Array.from(content, (byte) => String.fromCharCode(byte)).join(''),
    );
  });

  it('with lines that begin with dots, or are one, is not cut off and not changed (RFC 5321 §4.5.2)', async () => {
    for (const text of ['.\r\n..\r\n.x\r\n\r\n.\r\nMAIL FROM:<x@y.example>\r\n', 'no end of line', '']) {
      const to = somebody();
      const data = `Subject: dots\r\n\r\n${text}`;
      await submit(local, { to, data: utf8(data) });
      const [message] = await received(to);
      expect(message?.source.replace(/\r\n$/, '')).toBe(data.replace(/\r\n$/, ''));
    }
  });
});

describe('VAL-15: what would begin another header or command', () => {
  const sound: MailMessage = { to: 'officer@clinic.example', subject: 'Alert', text: 'x' };
  it.each<[string, Partial<MailMessage>]>([
    ['a subject of two lines', { subject: 'Alert\r\nBcc: thief@evil.example' }],
    ['a subject with a line feed', { subject: 'Alert\nBcc: thief@evil.example' }],
    ['a subject with a carriage return', { subject: 'Alert\rBcc: thief@evil.example' }],
    ['a subject with a line separator', { subject: 'Alert\u2028Bcc: thief@evil.example' }],
    ['a subject with NUL', { subject: 'Alert\0' }],
    ['a subject with half a character', { subject: 'Alert \ud800' }],
    ['an address of two lines', { to: 'a@b.example\r\nRCPT TO:<thief@evil.example>' }],
    ['two addresses', { to: 'a@b.example, thief@evil.example' }],
    ['an address that closes its bracket', { to: 'a@b.example> NOTIFY=SUCCESS <thief@evil.example' }],
    ['an address with a name', { to: 'Officer <a@b.example>' }],
    ['a quoted local part', { to: '"a b"@b.example' }],
    ['an address without a host', { to: 'postmaster' }],
    ['a file name of two lines', { attachments: [attachment('a"\r\nX: y')] }],
    ['a path as a file name', { attachments: [attachment('../report.pdf')] }],
    ['a media type of two lines', { attachments: [attachment('a.pdf', 'text/plain\r\nX: y')] }],
  ])('%s is refused, and not tried again', async (_, part) => {
    expect(await failure(smtpMail(local).send({ ...sound, ...part }))).toMatchObject({
      code: 'mail_invalid',
      retry: false,
    });
  });

  function attachment(name: string, type = 'application/pdf') {
    return { name, type, content: new Uint8Array([1]) };
  }
});

describe('credentials', () => {
  const message = () => ({ to: somebody(), subject: 'x', text: 'x' });

  it('that are wrong are told apart from a server that is gone', async () => {
    const wrong = { ...local, credentials: { username: 'salus@clinic.example', password: 'wrong' } };
    expect(await failure(smtpMail(wrong).send(message()))).toMatchObject({ code: 'mail_not_authenticated' });
  });

  it('are not sent to a server that does not offer TLS, though it would take them', async () => {
    const stripped: SmtpServer = { ...local, security: 'starttls' };
    const sent = message();
    expect(await failure(smtpMail(stripped).send(sent))).toMatchObject({ code: 'mail_insecure' });
    expect(await received(sent.to)).toEqual([]);
  });

  it.each(['starttls', 'tls'] as const)(
    'are not sent to a server whose certificate nobody knows: %s',
    async (security) => {
      const untrusted: SmtpServer = { ...local, port: mail[security], security };
      expect(await failure(smtpMail(untrusted).send(message()))).toMatchObject({ code: 'mail_unreachable' });
    },
  );

  it('are not sent to one who has spoken ahead of TLS', async () => {
    const injecting: SmtpServer = { ...local, port: mail.hostile.injecting ?? 0, security: 'starttls' };
    expect(await failure(smtpMail(injecting).send(message()))).toMatchObject({ code: 'mail_protocol' });
  });
});

describe('a server', () => {
  it.each([
    ['deferred', 'mail_deferred', true],
    ['refused', 'mail_refused', false],
  ])('that answers %s decides whether it is worth another try', async (local_part, code, retry) => {
    const to = `${local_part}@clinic.example`;
    expect(await failure(smtpMail(local).send({ to, subject: 'x', text: 'x' }))).toMatchObject({
      code,
      retry,
    });
  });

  it.each([
    ['silent', 'mail_unreachable'],
    ['gone', 'mail_unreachable'],
    ['garbage', 'mail_protocol'],
    ['endless', 'mail_protocol'],
    ['endless-reply', 'mail_protocol'],
    ['busy', 'mail_deferred'],
  ])('that is %s costs no more than the deadline, and is not quoted', async (name, code) => {
    const port = mail.hostile[name] ?? 0;
    const sent = smtpMail({ ...local, port }, { deadline: 500 }).send({
      to: somebody(),
      subject: 'x',
      text: 'x',
    });
    const error = await failure(sent);
    expect(error).toMatchObject({ code });
    expect(String(error)).toBe(`MailError: ${code}`);
  });

  it('that is not there is told of by the same code', async () => {
    const nobody = { ...local, port: 1 };
    expect(await failure(smtpMail(nobody).send({ to: somebody(), subject: 'x', text: 'x' }))).toMatchObject({
      code: 'mail_unreachable',
      retry: true,
    });
  });
});

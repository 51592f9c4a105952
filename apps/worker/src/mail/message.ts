// A message on the wire: RFC 5322 with MIME (RFC 2045 to 2047). Whatever could begin a header of its own is refused, not
// mended (ASVS 1.3.11); what is not ASCII stands in encoded words and Base 64, so that any server takes it.
import { type Bytes, toBase64, utf8 } from '@salus/crypto';
import { type MailAttachment, MailError, type MailMessage } from './mail.ts';

/** An addr-spec without quotes, comments or domain literals (RFC 5321 §4.1.2). */
const ADDRESS = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/;
const SUBJECT_AT_MOST = 300;
const FILE_NAME = /^[\w-][\w.-]{0,99}$/;
const MEDIA_TYPE = /^[a-z]+\/[a-z0-9.+-]+(; ?charset=utf-8)?$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001F\u007F-\u009F\u2028\u2029]/;
const ASCII = /^[\x20-\x7E]*$/;
const LINE = 76;
/** Bytes of text in an encoded word, which is at most 75 characters long. */
const WORD_BYTES = 42;

export interface Dated {
  readonly from: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What nobody can guess: names the message and divides its parts. */
  readonly id: string;
}

/** @throws MailError `mail_invalid` */
export function messageBytes(message: MailMessage, { from, now, id }: Dated): Bytes {
  const { to, subject, text, attachments = [] } = message;
  requireAddress(from);
  requireAddress(to);
  if (CONTROL.test(subject) || subject.length > SUBJECT_AT_MOST || !subject.isWellFormed())
    throw new MailError('mail_invalid');
  const headers = [
    `Date: ${new Date(now).toUTCString().replace('GMT', '+0000')}`,
    `From: Salus <${from}>`,
    `To: <${to}>`,
    `Subject: ${encodedWords(subject)}`,
    `Message-ID: <${id}@${from.slice(from.lastIndexOf('@') + 1)}>`,
    'MIME-Version: 1.0',
    // RFC 3834: no automatic answer to this.
    'Auto-Submitted: auto-generated',
  ];
  const body = attachments.length === 0 ? textPart(text) : multipart(text, attachments, `part-${id}`);
  return utf8([...headers, ...body, ''].join('\r\n'));
}

/** @throws MailError `mail_invalid` when it is no address that a command of SMTP can carry */
export function requireAddress(address: string): void {
  if (!ADDRESS.test(address)) throw new MailError('mail_invalid');
}

function textPart(text: string): string[] {
  return [
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    ...base64Lines(utf8(text.replaceAll(/\r?\n/g, '\r\n'))),
  ];
}

function multipart(text: string, attachments: readonly MailAttachment[], boundary: string): string[] {
  return [
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    '',
    ...[textPart(text), ...attachments.map(attachmentPart)].flatMap((part) => [`--${boundary}`, ...part]),
    `--${boundary}--`,
  ];
}

function attachmentPart({ name, type, content }: MailAttachment): string[] {
  if (!FILE_NAME.test(name) || !MEDIA_TYPE.test(type)) throw new MailError('mail_invalid');
  return [
    `Content-Type: ${type}`,
    'Content-Transfer-Encoding: base64',
    `Content-Disposition: attachment; filename="${name}"`,
    '',
    ...base64Lines(content),
  ];
}

function base64Lines(bytes: Uint8Array): string[] {
  return toBase64(bytes).match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
}

/** RFC 2047 §2: words of whole characters, one a line. Plain ASCII stays as it is where it fits on one. */
function encodedWords(text: string): string {
  if (ASCII.test(text) && text.length <= LINE && !text.includes('=?')) return text;
  const words: string[] = [];
  let word = '';
  for (const character of text) {
    if (utf8(word + character).length > WORD_BYTES) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  words.push(word);
  return words.map((part) => `=?utf-8?B?${toBase64(utf8(part))}?=`).join('\r\n ');
}

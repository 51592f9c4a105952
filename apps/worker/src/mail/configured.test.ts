// Which mail servers a configuration may name.
import { describe, expect, it } from 'vitest';
import { isSecureMailUrl } from './configured.ts';

describe('a mail server', () => {
  it.each([
    ['smtps://user:word@mail.example', true, true],
    ['smtps://user:word@mail.example:4465', true, true],
    ['smtp://user:word@mail.example:587', true, true],
    ['smtp://user:word@mail.example?tls=none', false, false],
    ['smtp://127.0.0.1:2525?tls=none', false, true],
    ['smtp://localhost:2525?tls=none', false, true],
    ['smtp://127.0.0.1.mail.example:2525?tls=none', false, false],
    ['smtps://mail.example?tls=none', true, true],
    ['mail.example', false, false],
  ])('%s: in production %s, in development %s', (url, production, development) => {
    expect([isSecureMailUrl(url, false), isSecureMailUrl(url, true)]).toEqual([production, development]);
  });
});

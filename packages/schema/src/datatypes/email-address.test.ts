import { describe, expect, it } from 'vitest';
import { emailAddress } from './email-address.ts';

describe('an e-mail address', () => {
  it.each([
    ...['ann@example.org', 'Ann.Lee+clinic@Example.ORG', "o'brien@example.org", 'a@b.co', '李@例子.中国'],
    ...[
      'jos\u00e9@example.org',
      'jose\u0301@example.org',
      'user@[192.0.2.1]',
      `${'a'.repeat(64)}@example.org`,
    ],
  ])('%j is kept as it was written', (value) => {
    expect(emailAddress.parse(value)).toBe(value);
  });

  it.each([
    ...[
      '',
      'ann',
      '@example.org',
      'ann@',
      'ann@@example.org',
      'ann@b@c.org',
      'ann lee@example.org',
      'ann@exa mple.org',
    ],
    ...[' ann@example.org', 'ann@example.org ', '"ann"@example.org', `${'a'.repeat(65)}@example.org`],
    ...[`a@${'b'.repeat(253)}`, 'ann\u00a0@example.org', 'ann@example.org,bob@example.org'],
  ])('%j is none', (value) => {
    expect(emailAddress.safeParse(value).success).toBe(false);
  });

  it('VAL-15: carries no line end into a message header', () => {
    for (const end of ['\r', '\n', '\r\n', '\u0085', '\u2028', '\u2029', '\0', '\v', '\f']) {
      expect(emailAddress.safeParse(`ann@example.org${end}Bcc: bob@example.org`).success).toBe(false);
      expect(emailAddress.safeParse(`ann${end}@example.org`).success).toBe(false);
    }
  });

  it('VAL-02: refuses a long string by its length alone', () => {
    expect(emailAddress.safeParse('@'.repeat(1_000_000)).error?.issues).toHaveLength(1);
  });
});

// What is said once everything runs: where it is, who can sign in, and what to try. No patient is named.
import { totpUri } from '@salus/auth';
import { renderUnicodeCompact } from 'uqr';
import { faint, strong, table } from '../terminal/style.ts';
import type { Demo } from './demo.ts';

export function welcome({ url, users }: Demo): string {
  const [first] = users;
  const rows = [
    ['role', 'e-mail address', 'password', 'TOTP secret'],
    ...users.map(({ role, email, password, totpSecret }) => [role, email, password, totpSecret]),
  ];
  const [head = '', ...body] = table(rows).split('\n');
  return [
    '',
    `${strong('Salus is ready at')} ${strong(url)}`,
    '',
    indented([faint(head), ...body]),
    '',
    ...(first ? secondFactor(first) : []),
    strong('Next'),
    indented([
      `curl ${url}/readyz`,
      `npx -y pnpm salus code provider            ${faint('the one-time code of a demo user, right now')}`,
      `npx -y pnpm salus import --demo <bundle…>  ${faint('patients from FHIR bundles')}`,
    ]),
    '',
    faint('Invented data only: this is no place for a real patient. Ctrl-C stops everything.'),
    '',
  ].join('\n');
}

function secondFactor({ email, totpSecret }: Demo['users'][number]): string[] {
  const uri = totpUri({ secret: totpSecret, account: email, issuer: 'Salus (demo)' });
  return [
    `Second factor of ${email}, for an authenticator app:`,
    indented(renderUnicodeCompact(uri).split('\n')),
    indented([faint(uri)]),
    '',
  ];
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join('\n');
}

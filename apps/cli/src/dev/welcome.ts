// What is said once everything runs: where it is, who can sign in, and what to try. No patient is named.
import { authenticator, indented } from '../terminal/authenticator.ts';
import { faint, strong, table } from '../terminal/style.ts';
import type { Demo } from './demo.ts';

export function welcome({ url, users }: Demo): string {
  const [first] = users;
  const [head = '', ...body] = table([
    ['role', 'e-mail address', 'password', 'TOTP secret'],
    ...users.map(({ role, email, password, totpSecret }) => [role, email, password, totpSecret]),
  ]).split('\n');
  return [
    '',
    strong(`Salus is ready at ${url}`),
    '',
    indented([faint(head), ...body]),
    '',
    ...(first ? secondFactor(first) : []),
    strong('Next'),
    indented(
      table([
        ['npx -y pnpm salus code provider', 'the one-time code of a demo user, right now'],
        ['npx -y pnpm salus import --demo <bundle…>', 'patients from FHIR bundles'],
        ['npx -y pnpm salus --help', 'everything else'],
      ]).split('\n'),
    ),
    '',
    faint('Invented data only: this is no place for a real patient. Ctrl-C stops everything.'),
    '',
  ].join('\n');
}

function secondFactor({ email, totpSecret }: Demo['users'][number]): string[] {
  return [
    `Second factor of ${email}, for an authenticator app:`,
    authenticator({ secret: totpSecret, account: email, issuer: 'Salus demo' }),
    '',
  ];
}

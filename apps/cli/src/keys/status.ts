// Keys as a table: a line a version, in the order in which a rotation is read.
import type { KeyStatus } from '@salus/db/keys';
import { table } from '../terminal/style.ts';

const HEAD = [
  'organization',
  'version',
  'state',
  'wrapped by',
  'since',
  'patient keys',
  'records',
  'accounts',
];

export function statusTable(keys: readonly KeyStatus[]): string {
  return table([
    HEAD,
    ...keys.map((key) => [
      `${key.organization} ${key.name}`,
      String(key.version),
      stateOf(key),
      key.provider,
      key.createdAt.slice(0, 10),
      ...[key.patientKeys, key.patients, key.accounts].map(String),
    ]),
  ]);
}

function stateOf({ current, retiredAt }: KeyStatus): string {
  if (current) return 'current';
  return retiredAt === null ? 'being replaced' : 'retired';
}

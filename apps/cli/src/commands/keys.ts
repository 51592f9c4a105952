// salus keys status, rotate root, rotate org, rewrap, reseal (docs/keys.md)
import { defineCommand } from 'citty';
import { json } from '../arguments.ts';

const NEEDS = 'Needs DATABASE_URL (an owner) and the root key';

const status = defineCommand({
  meta: {
    name: 'salus keys status',
    description:
      'Show which keys there are, who wraps them and how much hangs under each. Needs DATABASE_URL (an owner)',
  },
  args: { json },
  async run({ args }) {
    const { statusTable } = await import('../keys/status.ts');
    const { asOwner } = await import('../owner.ts');
    const { keyStatus } = await import('@salus/db/keys');
    const keys = await asOwner(keyStatus);
    console.log(args.json ? JSON.stringify({ keys }) : statusTable(keys));
  },
});

const root = defineCommand({
  meta: {
    name: 'salus keys rotate root',
    description: `Wrap every organization's key by the present root key. The one before is configured as the previous one. ${NEEDS}`,
  },
  args: { json },
  async run({ args }) {
    const { rotateRoot } = await import('../keys/jobs.ts');
    const { finish } = await import('../keys/result.ts');
    finish(await rotateRoot(), args.json === true);
  },
});

const org = defineCommand({
  meta: {
    name: 'salus keys rotate org',
    description: `Bring a new version of an organization's key into force. Then rewrap and reseal. ${NEEDS}`,
  },
  args: {
    organization: {
      type: 'string',
      required: true,
      description: 'Id of the organization, "platform" or "all"',
    },
    again: { type: 'boolean', description: 'Although an earlier rotation is not finished' },
    json,
  },
  async run({ args }) {
    const { rotateOrganizations } = await import('../keys/jobs.ts');
    const rotations = await rotateOrganizations(args.organization, { again: args.again === true });
    if (args.json) console.log(JSON.stringify({ rotations }));
    for (const { organization, version, rotated } of args.json ? [] : rotations) {
      console.log(
        rotated
          ? `${organization}: version ${version} is in force; next: salus keys rewrap, salus keys reseal`
          : `${organization}: version ${version} came into force earlier and is not finished; run rewrap and reseal`,
      );
    }
  },
});

const walk = {
  organization: {
    type: 'string',
    default: 'all',
    description: 'Id of the organization, "platform" or "all"',
  },
  batch: { type: 'string', default: '100', description: 'Records in one transaction' },
  json,
} as const;

const rewrap = defineCommand({
  meta: {
    name: 'salus keys rewrap',
    description: `Wrap patients' keys by the present key of their organization. Stopped at any point, run it again. ${NEEDS}`,
  },
  args: walk,
  async run({ args }) {
    const { rewrapEverything } = await import('../keys/jobs.ts');
    const { batchOf, finish } = await import('../keys/result.ts');
    finish(await rewrapEverything(args.organization, batchOf(args.batch)), args.json === true);
  },
});

const reseal = defineCommand({
  meta: {
    name: 'salus keys reseal',
    description:
      'Seal records and accounts anew that are older than the present key of their organization, with new keys and new ' +
      `blind indexes. Stopped at any point, run it again. ${NEEDS}`,
  },
  args: walk,
  async run({ args }) {
    const { resealEverything } = await import('../keys/jobs.ts');
    const { batchOf, finish } = await import('../keys/result.ts');
    finish(await resealEverything(args.organization, batchOf(args.batch)), args.json === true);
  },
});

const rotate = defineCommand({
  meta: { name: 'salus keys rotate', description: 'Replace the root key, or that of an organization' },
  subCommands: { root, org },
});

export const keys = defineCommand({
  meta: { name: 'salus keys', description: 'Keys: what there is, and how each is replaced' },
  subCommands: { status, rotate, rewrap, reseal },
});

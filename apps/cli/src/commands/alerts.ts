// salus alerts add, list, secret, remove
import { defineCommand } from 'citty';

const NEEDS = 'Needs DATABASE_URL (an owner) and the root key';
const organization = { type: 'string', required: true, description: 'Id of the organization' } as const;
const id = { type: 'string', required: true, description: 'Id, as salus alerts list shows it' } as const;
const json = { type: 'boolean', description: 'Print the result as JSON' } as const;

const add = defineCommand({
  meta: {
    name: 'salus alerts add',
    description:
      'Tell somebody of the alerts of an organization, by mail (the weekly reports too) or by a signed webhook. The secret of a ' +
      `webhook is made, and shown once. ${NEEDS}`,
  },
  args: {
    organization,
    mail: { type: 'string', description: 'Address to write to' },
    webhook: { type: 'string', description: 'URL to call, over HTTPS' },
    loopback: { type: 'boolean', description: 'Take a server on this machine: for development' },
    json,
  },
  async run({ args }) {
    const { add: addDestination } = await import('../destinations/configure.ts');
    const { shownAdded } = await import('../destinations/show.ts');
    const { UsageError } = await import('../errors.ts');
    const { mail, webhook } = args;
    const target = mail ?? webhook;
    if (target === undefined || (mail !== undefined && webhook !== undefined)) {
      throw new UsageError('give --mail or --webhook');
    }
    const added = await addDestination({
      organization: args.organization,
      kind: mail === undefined ? 'webhook' : 'mail',
      target,
      allowLoopback: args.loopback,
    });
    console.log(shownAdded(added, args.json === true));
  },
});

const list = defineCommand({
  meta: { name: 'salus alerts list', description: `Show who is told of alerts. ${NEEDS}` },
  args: { organization, json },
  async run({ args }) {
    const { states } = await import('../destinations/configure.ts');
    const { shownList } = await import('../destinations/show.ts');
    console.log(shownList(await states(args.organization, ['webhook', 'mail']), args.json === true));
  },
});

const secret = defineCommand({
  meta: {
    name: 'salus alerts secret',
    description:
      'Make a new signing secret of a webhook, beside the present one: both sign, until --finish ends the one before. ' +
      NEEDS,
  },
  args: {
    organization,
    id,
    finish: { type: 'boolean', description: 'End the secret before the present one' },
  },
  async run({ args }) {
    const { changeSecret } = await import('../destinations/configure.ts');
    const made = await changeSecret(args.organization, args.id, args.finish === true);
    if (made !== null) console.log(made);
  },
});

const remove = defineCommand({
  meta: { name: 'salus alerts remove', description: 'Tell them no more. Needs DATABASE_URL (an owner)' },
  args: { organization, id },
  async run({ args }) {
    const { remove: removeDestination } = await import('../destinations/configure.ts');
    await removeDestination(args.organization, args.id);
  },
});

export const alerts = defineCommand({
  meta: { name: 'salus alerts', description: 'Who is told of alerts' },
  subCommands: { add, list, secret, remove },
});

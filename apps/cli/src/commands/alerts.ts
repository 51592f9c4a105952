// salus alerts add, list, secret, remove
import { defineCommand } from 'citty';
import { json, organization } from '../arguments.ts';
import { destinationCommands, loopback, NEEDS } from '../destinations/commands.ts';

const { list, secret, remove } = destinationCommands({
  name: 'salus alerts',
  kinds: ['webhook', 'mail'],
  describe: {
    list: 'Show who is told of alerts',
    secret: 'Make a new signing secret of a webhook',
    remove: 'Tell them no more',
  },
});

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
    loopback,
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

export const alerts = defineCommand({
  meta: { name: 'salus alerts', description: 'Who is told of alerts' },
  subCommands: { add, list, secret, remove },
});

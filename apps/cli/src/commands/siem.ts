// salus siem add, list, status, secret, remove
import { defineCommand } from 'citty';
import { json, organization } from '../arguments.ts';
import { destinationCommands, loopback, NEEDS } from '../destinations/commands.ts';

const KINDS = ['ocsf', 'syslog'] as const;
const { list, secret, remove } = destinationCommands({
  name: 'salus siem',
  kinds: KINDS,
  describe: {
    list: 'Show where the trail of an organization goes',
    secret: 'Make a new signing secret',
    remove: 'Send the trail there no more',
  },
});

const add = defineCommand({
  meta: {
    name: 'salus siem add',
    description:
      'Send the trail of an organization to a SIEM. With hmac the secret is made, and shown once; with bearer the token is ' +
      `asked for, or the first line of standard input. ${NEEDS}`,
  },
  args: {
    organization,
    format: {
      type: 'string',
      required: true,
      description: 'ocsf (JSON, one event a line) or syslog (RFC 5424)',
    },
    url: { type: 'string', required: true, description: 'Where to, over HTTPS' },
    authentication: { type: 'string', default: 'hmac', description: 'hmac (Standard Webhooks) or bearer' },
    'with-origin': { type: 'boolean', description: "Send callers' addresses and user agents too" },
    history: { type: 'boolean', description: 'Send what the logs hold already, too' },
    loopback,
    json,
  },
  async run({ args }) {
    const { add: addDestination } = await import('../destinations/configure.ts');
    const { shownAdded } = await import('../destinations/show.ts');
    const { UsageError } = await import('../errors.ts');
    if (args.format !== 'ocsf' && args.format !== 'syslog')
      throw new UsageError('--format is ocsf or syslog');
    const added = await addDestination({
      organization: args.organization,
      kind: args.format,
      target: args.url,
      authentication: args.authentication,
      withOrigin: args['with-origin'],
      history: args.history,
      allowLoopback: args.loopback,
    });
    console.log(shownAdded(added, args.json === true));
  },
});

const status = defineCommand({
  meta: {
    name: 'salus siem status',
    description: `Show how many events wait for each SIEM, and since when one fails. ${NEEDS}`,
  },
  args: { organization, json },
  async run({ args }) {
    const { states } = await import('../destinations/configure.ts');
    const { shownStates } = await import('../destinations/show.ts');
    console.log(shownStates(await states(args.organization, KINDS), args.json === true));
  },
});

export const siem = defineCommand({
  meta: { name: 'salus siem', description: 'Where the trail goes outside' },
  subCommands: { add, list, status, secret, remove },
});

// salus siem add, list, status, secret, remove
import { defineCommand } from 'citty';

const NEEDS = 'Needs DATABASE_URL (an owner) and the root key';
const organization = { type: 'string', required: true, description: 'Id of the organization' } as const;
const id = {
  type: 'string',
  required: true,
  description: 'Id of the SIEM, as salus siem list shows it',
} as const;
const json = { type: 'boolean', description: 'Print the result as JSON' } as const;

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
    loopback: { type: 'boolean', description: 'Take a server on this machine: for development' },
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

const list = defineCommand({
  meta: { name: 'salus siem list', description: `Show where the trail of an organization goes. ${NEEDS}` },
  args: { organization, json },
  async run({ args }) {
    const { states } = await import('../destinations/configure.ts');
    const { shownList } = await import('../destinations/show.ts');
    console.log(shownList(await states(args.organization, ['ocsf', 'syslog']), args.json === true));
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
    console.log(shownStates(await states(args.organization, ['ocsf', 'syslog']), args.json === true));
  },
});

const secret = defineCommand({
  meta: {
    name: 'salus siem secret',
    description:
      'Make a new signing secret, beside the present one: both sign, until --finish ends the one before. ' +
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
  meta: {
    name: 'salus siem remove',
    description: 'Send the trail there no more. Needs DATABASE_URL (an owner)',
  },
  args: { organization, id },
  async run({ args }) {
    const { remove: removeDestination } = await import('../destinations/configure.ts');
    await removeDestination(args.organization, args.id);
  },
});

export const siem = defineCommand({
  meta: { name: 'salus siem', description: 'Where the trail goes outside' },
  subCommands: { add, list, status, secret, remove },
});

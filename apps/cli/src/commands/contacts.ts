// salus organization contacts add, list, remove
import { defineCommand } from 'citty';

const NEEDS = 'Needs DATABASE_URL (an owner) and the root key';
const organization = { type: 'string', required: true, description: 'Id of the organization' } as const;
const json = { type: 'boolean', description: 'Print the result as JSON' } as const;

const add = defineCommand({
  meta: {
    name: 'salus organization contacts add',
    description: `Send weekly audit reports and alerts of an organization to an address. ${NEEDS}`,
  },
  args: { organization, email: { type: 'string', required: true, description: 'Address of mail' }, json },
  async run({ args }) {
    const { add: addDestination } = await import('../destinations/configure.ts');
    const { shownAdded } = await import('../destinations/show.ts');
    const added = await addDestination({
      organization: args.organization,
      kind: 'mail',
      target: args.email,
    });
    console.log(shownAdded(added, args.json === true));
  },
});

const list = defineCommand({
  meta: {
    name: 'salus organization contacts list',
    description: `Show the compliance contacts of an organization. ${NEEDS}`,
  },
  args: { organization, json },
  async run({ args }) {
    const { states } = await import('../destinations/configure.ts');
    const { shownList } = await import('../destinations/show.ts');
    console.log(shownList(await states(args.organization, ['mail']), args.json === true));
  },
});

const remove = defineCommand({
  meta: {
    name: 'salus organization contacts remove',
    description: 'Send no more there. Needs DATABASE_URL (an owner)',
  },
  args: {
    organization,
    id: { type: 'string', required: true, description: 'Id of the contact, as contacts list shows it' },
  },
  async run({ args }) {
    const { remove: removeDestination } = await import('../destinations/configure.ts');
    await removeDestination(args.organization, args.id);
  },
});

export const contacts = defineCommand({
  meta: { name: 'salus organization contacts', description: 'Who gets the audit reports of an organization' },
  subCommands: { add, list, remove },
});

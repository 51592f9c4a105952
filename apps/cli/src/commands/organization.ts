// salus organization create
import { defineCommand } from 'citty';
import { organization as id } from '../arguments.ts';

const create = defineCommand({
  meta: {
    name: 'salus organization create',
    description:
      "Make an organization and its first key. Needs DATABASE_URL (an owner) and the Worker's key provider",
  },
  args: {
    name: { type: 'string', required: true, description: 'Name of the organization' },
    json: { type: 'boolean', description: 'Print the id as JSON' },
  },
  async run({ args }) {
    const { asOwner, configuredKeyProviders, preparePlatform } = await import('../owner.ts');
    const { createOrganization } = await import('@salus/db/provision');
    const { organization } = await import('@salus/schema');
    const { UsageError } = await import('../errors.ts');
    const name = organization.schema.shape.name.safeParse(args.name);
    if (!name.success) throw new UsageError('that is no name for an organization');
    const providers = await configuredKeyProviders();
    const id = await asOwner(async (connection) => {
      await preparePlatform(connection, providers);
      return createOrganization(connection, providers, { name: name.data });
    });
    console.log(args.json ? JSON.stringify({ id }) : id);
  },
});

const shred = defineCommand({
  meta: {
    name: 'salus organization shred',
    description:
      'Destroy every record and account of an organization that has left; its trail and logs stay. There is no way back. ' +
      'Needs DATABASE_URL (an owner)',
  },
  args: {
    organization: id,
    name: {
      type: 'string',
      required: true,
      description: 'Its name, to the letter, so that it is the one that is meant',
    },
    json: { type: 'boolean', description: 'Print how many records there were as JSON' },
  },
  async run({ args }) {
    const { asOwner } = await import('../owner.ts');
    const { organizationName, ProvisionError, shredOrganization } = await import('@salus/db/provision');
    const { organizationId } = await import('@salus/schema');
    const { CommandError, UsageError } = await import('../errors.ts');
    const id = organizationId.safeParse(args.organization).data;
    if (id === undefined) throw new UsageError('--organization is no id');
    const records = await asOwner(async (connection) => {
      if ((await organizationName(connection, id)) !== args.name)
        throw new UsageError('that is not the name of this organization');
      return shredOrganization(connection, id);
    }).catch((error: unknown) => {
      if (!(error instanceof ProvisionError)) throw error;
      throw new CommandError(error.code === 'held' ? 'a legal hold is in force' : error.message);
    });
    console.log(args.json ? JSON.stringify({ records }) : `${records} records were destroyed`);
  },
});

const timeZone = defineCommand({
  meta: {
    name: 'salus organization time-zone',
    description: 'Say where the days of an organization begin. Needs DATABASE_URL (an owner)',
  },
  args: {
    organization: id,
    zone: { type: 'string', required: true, description: 'Of the IANA database, such as America/New_York' },
  },
  async run({ args }) {
    const { asOwner } = await import('../owner.ts');
    const { setTimeZone } = await import('@salus/db/time-zone');
    const { organization: resource } = await import('@salus/schema');
    const { CommandError, UsageError } = await import('../errors.ts');
    const id = resource.schema.shape.id.safeParse(args.organization).data;
    const zone = resource.schema.shape.timeZone.safeParse(args.zone).data;
    if (id === undefined) throw new UsageError('--organization is no id');
    if (zone === undefined) throw new UsageError('--zone is no time zone');
    if (!(await asOwner((connection) => setTimeZone(connection, id, zone))))
      throw new CommandError('there is no such organization');
  },
});

export const organization = defineCommand({
  meta: { name: 'salus organization', description: 'Organizations' },
  subCommands: {
    create,
    shred,
    'time-zone': timeZone,
  },
});

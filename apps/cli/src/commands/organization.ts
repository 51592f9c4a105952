// salus organization create
import { defineCommand } from 'citty';

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

export const organization = defineCommand({
  meta: { name: 'salus organization', description: 'Organizations' },
  subCommands: { create },
});

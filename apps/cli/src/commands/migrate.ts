// salus migrate
import { defineCommand } from 'citty';

export const migrate = defineCommand({
  meta: {
    name: 'salus migrate',
    description:
      'Bring the database to the present schema. DATABASE_URL: a role that may create roles; SALUS_APP_PASSWORD: what the ' +
      'Worker will connect with as salus_app; the root key or the key provider, once there is one: gives the platform its key',
  },
  args: { json: { type: 'boolean', description: 'Print what was applied as JSON' } },
  async run({ args }) {
    const { asOwner, configuredKeyProviders, preparePlatform, required } = await import('../owner.ts');
    const { migrate } = await import('@salus/db/migrate');
    const appPassword = required('SALUS_APP_PASSWORD');
    const { SALUS_ROOT_KEY, SALUS_KEY_PROVIDER } = process.env;
    const providers = SALUS_ROOT_KEY || SALUS_KEY_PROVIDER ? await configuredKeyProviders() : undefined;
    const { applied } = await asOwner(async (connection) => {
      const result = await migrate(connection, { appPassword });
      if (providers) await preparePlatform(connection, providers);
      return result;
    });
    if (args.json) console.log(JSON.stringify({ applied }));
    else console.log(applied.length > 0 ? `applied ${applied.join(', ')}` : 'nothing to apply');
  },
});

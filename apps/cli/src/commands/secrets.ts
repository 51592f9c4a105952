// salus secrets new
import { defineCommand } from 'citty';

const create = defineCommand({
  meta: {
    name: 'salus secrets new',
    description:
      'Print new secrets of a deployment, one a line, for `wrangler secret bulk`. Keep SALUS_ROOT_KEY and LOG_SIGNING_KEY ' +
      'somewhere safe besides: without them no record can be read and no log be continued',
  },
  args: { json: { type: 'boolean', description: 'Print them as JSON' } },
  async run({ args }) {
    const { envLines, newSecrets } = await import('../secrets/secrets.ts');
    const secrets = await newSecrets();
    process.stdout.write(args.json ? `${JSON.stringify(secrets)}\n` : envLines(secrets));
  },
});

export const secrets = defineCommand({
  meta: { name: 'salus secrets', description: 'Secrets' },
  subCommands: { new: create },
});

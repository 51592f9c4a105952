// salus audit verify, salus audit key
import { defineCommand } from 'citty';

const verify = defineCommand({
  meta: {
    name: 'salus audit verify',
    description:
      'Verify a log from its files alone. Exits 0 when it verifies, 1 when it does not, and says where it shows; 3 when it was ' +
      'deleted after its retention, as its certificate and its final checkpoint prove',
  },
  args: {
    log: {
      type: 'positional',
      required: true,
      description: 'A directory, or a URL such as https://salus.example/log/<organization>/<year>',
    },
    key: { type: 'string', required: true, description: 'Verifier key, as `salus audit key` prints it' },
    earlier: { type: 'string', description: 'File with a checkpoint of this log that was seen before' },
    json: { type: 'boolean', description: 'Print the verdict as JSON' },
  },
  async run({ args }) {
    const { verifyFrom } = await import('../audit/verify.ts');
    const { CommandError, DeletedLogError } = await import('../errors.ts');
    const { report, ok, deleted } = await verifyFrom({
      log: args.log,
      key: args.key,
      earlier: args.earlier,
      json: args.json,
    });
    console.log(report);
    if (deleted)
      throw new DeletedLogError('no entry can be verified: the log was deleted after its retention');
    if (!ok) throw new CommandError('the log does not verify');
  },
});

const key = defineCommand({
  meta: {
    name: 'salus audit key',
    description:
      'Print the verifier key of a log. Takes LOG_SIGNING_KEY and LOG_ORIGIN from the environment, or what `salus dev` keeps',
  },
  args: {
    organization: {
      type: 'string',
      description: 'Id of the organization; the demo one if there is no other',
    },
    year: { type: 'string', description: 'Calendar year; the present one by default' },
    json: { type: 'boolean', description: 'Print origin and key as JSON' },
  },
  async run({ args }) {
    const { verifierKey } = await import('../audit/key.ts');
    const { origin, key } = await verifierKey(args);
    console.log(args.json ? JSON.stringify({ origin, key }) : key);
  },
});

export const audit = defineCommand({
  meta: { name: 'salus audit', description: 'The audit logs' },
  subCommands: { verify, key },
});

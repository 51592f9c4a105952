// salus audit verify, salus audit proof, salus audit key
import { defineCommand } from 'citty';

const verify = defineCommand({
  meta: {
    name: 'salus audit verify',
    description:
      'Verify a log from its files alone. Exits 0 when it verifies, 1 when it does not, and says where it shows; 2 when the ' +
      'command is not understood or the log cannot be reached, which says nothing about it; 3 when it was deleted after its retention, as its certificate and its final checkpoint prove',
  },
  args: {
    log: {
      type: 'positional',
      required: true,
      description: 'A directory, or a URL such as https://salus.example/log/<organization>/<year>',
    },
    key: {
      type: 'string',
      required: true,
      description: 'Verifier key, as `salus audit key` prints it. Again for an earlier key of the same log',
    },
    witness: {
      type: 'string',
      description: 'Verifier key of a witness that must have cosigned the log. Again for another one',
    },
    quorum: { type: 'string', description: 'How many of the witnesses must have: all of them by default' },
    earlier: { type: 'string', description: 'File with a checkpoint of this log that was seen before' },
    'against-db': {
      type: 'boolean',
      description:
        'Compare with the database in DATABASE_URL: every row is a leaf, every leaf a row. Reads as salus_owner, changes nothing',
    },
    copy: {
      type: 'string',
      description: 'Keep a copy of the log in this directory, to verify it again anywhere',
    },
    json: { type: 'boolean', description: 'Print the verdict as JSON' },
  },
  async run({ args, rawArgs }) {
    const { verifyFrom } = await import('../audit/verify.ts');
    const { CommandError, DeletedLogError } = await import('../errors.ts');
    const { report, ok, deleted } = await verifyFrom({
      log: args.log,
      keys: repeated(rawArgs, 'key'),
      witnesses: repeated(rawArgs, 'witness'),
      quorum: await countOf(args.quorum),
      earlier: args.earlier,
      againstDatabase: args['against-db'],
      copyTo: args.copy,
      json: args.json,
    });
    console.log(report);
    if (deleted)
      throw new DeletedLogError('no entry can be verified: the log was deleted after its retention');
    if (!ok) throw new CommandError('the log does not verify');
  },
});

const proof = defineCommand({
  meta: {
    name: 'salus audit proof',
    description:
      'Verify proofs of single events, offline: a file with one JSON object a line, as audit.proof answers it or accessLog.download ' +
      'lists it. Exits 0 when all of them hold, 1 when one does not',
  },
  args: {
    file: { type: 'positional', required: true, description: 'The file' },
    key: {
      type: 'string',
      required: true,
      description:
        'Verifier key of the log, had from elsewhere than the file. Again for another log that the proofs are of, or an earlier key',
    },
    witness: {
      type: 'string',
      description: 'Verifier key of a witness that must have cosigned. Again for another one',
    },
    quorum: { type: 'string', description: 'How many of the witnesses must have: all of them by default' },
    json: { type: 'boolean', description: 'Print the verdicts as JSON' },
  },
  async run({ args, rawArgs }) {
    const { verifyProofs } = await import('../audit/proof.ts');
    const { report, ok } = await verifyProofs({
      file: args.file,
      keys: repeated(rawArgs, 'key'),
      witnesses: repeated(rawArgs, 'witness'),
      quorum: await countOf(args.quorum),
      json: args.json,
    });
    console.log(report);
    if (!ok) throw new (await import('../errors.ts')).CommandError('not every proof holds');
  },
});

/** Every value of an option: citty keeps the last one alone. */
function repeated(rawArgs: readonly string[], name: string): string[] {
  return rawArgs.flatMap((argument, at) => {
    if (argument === `--${name}`) return rawArgs[at + 1] ?? [];
    return argument.startsWith(`--${name}=`) ? argument.slice(name.length + 3) : [];
  });
}

async function countOf(text: string | undefined): Promise<number | undefined> {
  if (text === undefined) return undefined;
  if (!/^\d{1,3}$/.test(text))
    throw new (await import('../errors.ts')).UsageError('--quorum is not a number');
  return Number(text);
}

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
  subCommands: { verify, proof, key },
});

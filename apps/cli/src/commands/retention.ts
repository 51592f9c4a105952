// salus retention status, salus retention set (docs/retention.md)
import { defineCommand } from 'citty';
import { json } from '../arguments.ts';

const status = defineCommand({
  meta: {
    name: 'salus retention status',
    description:
      'Show for how long each organization keeps its trail, and what becomes of each year of it. Needs DATABASE_URL (an owner)',
  },
  args: { json },
  async run({ args }) {
    const { asOwner } = await import('../owner.ts');
    const { retentionStatus } = await import('@salus/db/retention');
    const { statusTable } = await import('../retention/status.ts');
    const organizations = await asOwner(retentionStatus);
    console.log(args.json ? JSON.stringify({ organizations }) : statusTable(organizations));
  },
});

const set = defineCommand({
  meta: {
    name: 'salus retention set',
    description:
      'Set for how many years after its calendar year the trail of an organization is kept: six (45 CFR 164.316(b)(2)) or more. ' +
      'Needs DATABASE_URL (an owner)',
  },
  args: {
    organization: { type: 'string', required: true, description: 'Id of the organization, or "platform"' },
    years: { type: 'string', required: true, description: '6 to 100' },
    basis: {
      type: 'string',
      required: true,
      description: 'Who asks for it, such as a state’s law. Deletion certificates will say it to everybody',
    },
    json,
  },
  async run({ args }) {
    const { setRule } = await import('../retention/rule.ts');
    const { before, years } = await setRule(args);
    if (args.json) console.log(JSON.stringify({ before, years }));
    else console.log(`kept for ${years} years; ${before} before`);
  },
});

export const retention = defineCommand({
  meta: { name: 'salus retention', description: 'How long the audit trail is kept' },
  subCommands: { status, set },
});

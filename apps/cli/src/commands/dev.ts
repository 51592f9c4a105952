// salus dev
import { defineCommand } from 'citty';

export const dev = defineCommand({
  meta: {
    name: 'salus dev',
    description:
      'Run everything on this machine: database, migrations, demo data, Worker. PORT names another port than 8787, ' +
      'DATABASE_URL another PostgreSQL 18 than the built-in one, SALUS_STATE another place than .salus',
  },
  async run() {
    await (await import('../dev/dev.ts')).dev();
  },
});

// Where reports lie: sealed, in a bucket of their own, because the one of the logs is for anybody to read.
import type { ReportFiles } from '@salus/db';
import { logPrefix } from '../audit/log-keys.ts';
import { objectsUnder } from '../audit/objects.ts';
import type { Env } from '../env.ts';

export function reportFilesOf({ REPORTS, LOG }: Pick<Env, 'REPORTS' | 'LOG'>): ReportFiles {
  const keyOf = (name: string) => `reports/${name}`;
  return {
    async get(name) {
      const object = await REPORTS.get(keyOf(name));
      return object && new Uint8Array(await object.arrayBuffer());
    },
    async put(name, bytes) {
      await REPORTS.put(keyOf(name), bytes);
    },
    async checkpoint(organization, year) {
      const note = await objectsUnder(LOG, logPrefix(organization, year)).get('checkpoint');
      return note && new TextDecoder().decode(note);
    },
  };
}

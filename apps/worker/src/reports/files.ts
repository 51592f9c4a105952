// Where reports lie: sealed, in a bucket of their own, because the one of the logs is for anybody to read.
import type { ReportFiles } from '@salus/db';
import { logPrefix } from '../audit/log-keys.ts';
import { objectsUnder } from '../audit/objects.ts';
import type { Env } from '../env.ts';

export function reportFilesOf({ REPORTS, LOG }: Pick<Env, 'REPORTS' | 'LOG'>): ReportFiles {
  const { get, put } = objectsUnder(REPORTS, 'reports');
  return {
    get,
    put,
    async checkpoint(organization, year) {
      const note = await objectsUnder(LOG, logPrefix(organization, year)).get('checkpoint');
      return note && new TextDecoder().decode(note);
    },
  };
}

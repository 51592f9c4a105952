// On R2 as workerd has it: a report comes back as it was put, however large it is, and no other file of the bucket does.
import { env } from 'cloudflare:workers';
import { FILE_BYTES_AT_MOST } from '@salus/audit/log';
import { expect, it } from 'vitest';
import { reportFilesOf } from './files.ts';

const files = reportFilesOf(env);

it('keeps a report that is larger than any file of a log', async () => {
  const name = crypto.randomUUID();
  await files.put(name, new Uint8Array(FILE_BYTES_AT_MOST + 1).fill(7));
  const kept = await files.get(name);
  expect(kept).toHaveLength(FILE_BYTES_AT_MOST + 1);
  expect(kept?.at(-1)).toBe(7);
});

it('knows of no report that nobody put', async () => {
  const name = crypto.randomUUID();
  await env.REPORTS.put(name, new Uint8Array(1));
  expect(await files.get(name)).toBeNull();
});

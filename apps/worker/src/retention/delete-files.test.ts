import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { deleteFiles } from './delete-files.ts';

it('deletes everything under the prefix and nothing beside it, in as many batches and runs as it takes', async () => {
  const prefix = `log/${crypto.randomUUID()}/2018/`;
  const kept = [`${prefix}checkpoint`, prefix.replace('2018', '2019')];
  const names = ['0/000', '0/001', '1/000.p/1', 'entries/000', 'entries/001.p/3', 'entries/x001/000'];
  for (const path of [...kept, ...names.map((name) => `${prefix}tile/${name}`)]) await env.LOG.put(path, 'x');
  const left = async () => (await env.LOG.list({ prefix: `${prefix}tile/` })).objects.length;

  expect(await deleteFiles(env.LOG, `${prefix}tile/`, { atOnce: 2, batches: 2 })).toBe(false);
  expect(await left()).toBe(2);
  expect(await deleteFiles(env.LOG, `${prefix}tile/`, { atOnce: 1, batches: 9 })).toBe(true);
  expect(await left()).toBe(0);
  expect(await deleteFiles(env.LOG, `${prefix}tile/`)).toBe(true);
  for (const path of kept) expect(await env.LOG.head(path)).not.toBeNull();
});

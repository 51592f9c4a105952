// On R2 as workerd has it: what is replaced is what was looked at, or nothing is.
import { env } from 'cloudflare:workers';
import { FILE_BYTES_AT_MOST } from '@salus/audit/log';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { objectsUnder } from './objects.ts';

const PATH = 'checkpoint';
const bytesOf = (byte: number) => new Uint8Array(5).fill(byte);
const [first, second, third] = [bytesOf(1), bytesOf(2), bytesOf(3)];
const reads = vi.spyOn(env.LOG, 'get');
let prefix: string;
let objects: ReturnType<typeof objectsUnder>;

beforeEach(() => {
  prefix = crypto.randomUUID();
  objects = objectsUnder(env.LOG, prefix);
});
afterEach(() => {
  reads.mockClear();
});

it('does not read what is larger than any file of a log, which is none then', async () => {
  await env.LOG.put(`${prefix}/${PATH}`, new Uint8Array(FILE_BYTES_AT_MOST + 1));
  const read = await objects.get(PATH);
  expect(read).toHaveLength(0);
  await objects.put(PATH, first);
  expect(await objects.replace(PATH, second, read)).toBe(false);
  expect(await objects.get(PATH)).toStrictEqual(first);
});

describe('replacing an object', () => {
  it('puts the first one where there is none, and only there', async () => {
    expect(await objects.replace(PATH, first, null)).toBe(true);
    expect(await objects.replace(PATH, second, null)).toBe(false);
    expect(await objects.get(PATH)).toStrictEqual(first);
  });

  it('puts one in the place of the one that is named, and of no other', async () => {
    await objects.put(PATH, first);
    expect(await objects.replace(PATH, second, first)).toBe(true);
    expect(await objects.replace(PATH, third, first)).toBe(false);
    expect(await objects.get(PATH)).toStrictEqual(second);
  });

  it('puts nothing in the place of one that has gone', async () => {
    expect(await objects.replace(PATH, second, first)).toBe(false);
    expect(await objects.get(PATH)).toBeNull();
  });

  it('does not read again what it was read from', async () => {
    await objects.put(PATH, first);
    const read = await objects.get(PATH);
    expect(await objects.replace(PATH, second, read)).toBe(true);
    expect(reads).toHaveBeenCalledTimes(1);
    await objects.put(PATH, third);
    expect(await objects.replace(PATH, first, read)).toBe(false);
    expect(await objects.get(PATH)).toStrictEqual(third);
  });

  it('takes the same bytes for the same, however they were put there', async () => {
    await objects.put(PATH, first);
    const read = await objects.get(PATH);
    const upload = await env.LOG.createMultipartUpload(`${prefix}/${PATH}`);
    await upload.complete([await upload.uploadPart(1, first)]);
    expect(await objects.replace(PATH, second, read)).toBe(true);
    expect(await objects.get(PATH)).toStrictEqual(second);
  });

  it('of ten at once lets one through', async () => {
    await objects.put(PATH, first);
    const all = Array.from({ length: 10 }, (_, at) => bytesOf(100 + at));
    const done = await Promise.all(all.map((bytes) => objects.replace(PATH, bytes, first)));
    expect(done.filter(Boolean)).toHaveLength(1);
    expect(await objects.get(PATH)).toStrictEqual(all[done.indexOf(true)]);
  });
});

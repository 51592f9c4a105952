// A log where somebody serves it who is slow, out of order or hostile: what is not a file of the log says nothing of the log.
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { salus } from '../program.ts';
import { testDirectory } from '../test-directory.ts';
import { type Answer, KEY, served, verdictOf, writeLog } from './test-log.ts';

let directory: string;

beforeEach(async () => {
  directory = await testDirectory();
  await writeLog(directory);
});

const cutOff: Answer = (response, bytes) => {
  response
    .writeHead(200, { 'content-length': bytes.length })
    .write(bytes.subarray(0, 100), () => response.destroy());
};

const packed: Answer = (response, bytes) =>
  response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(bytes));

const endless: Answer = (response) => {
  const piece = Buffer.alloc(1 << 20);
  const more = () => {
    if (response.destroyed) return;
    if (response.write(piece)) setImmediate(more);
    else response.once('drain', more);
  };
  more();
};

describe('from a server that', () => {
  const TILE = '/tile/0/000';
  const once = (answer: Answer): Answer => {
    let isFirst = true;
    return (response, bytes) => {
      if (isFirst) answer(response, bytes);
      else response.end(bytes);
      isFirst = false;
    };
  };

  it.each<[string, Answer]>([
    ['redirects', (response) => response.writeHead(302, { location: '/tile/0/001.p/44' }).end()],
    ['is out of order', (response) => response.writeHead(503).end('<html>')],
    ['ends in the middle of a file', cutOff],
    ['says no end', endless],
    ['says no end, in little', (response) => packed(response, Buffer.alloc(32_000_000))],
  ])('%s: nothing is known of the log', async (_, answer) => {
    await served(
      directory,
      async (url) => {
        expect(await salus(['audit', 'verify', url, '--key', KEY, '--json'])).toBe(2);
      },
      { [TILE]: answer },
    );
  });

  it.each<[string, Answer]>([
    ['is out of order', (response) => response.writeHead(503).end('<html>')],
    ['ends in the middle of a file', cutOff],
    ['hangs up', (response) => response.destroy()],
  ])('%s once is asked again', async (_, answer) => {
    await served(directory, async (url) => expect(await verdictOf(url)).toMatchObject({ ok: true }), {
      [TILE]: once(answer),
    });
  });

  it.each<[string, Answer]>([
    ['shorter', (response, bytes) => response.end(bytes.subarray(0, -1))],
    ['longer', (response, bytes) => response.end(Buffer.concat([bytes, Buffer.of(0)]))],
    ['empty', (response) => response.end()],
  ])('has a tile that is %s: the log does not verify', async (_, answer) => {
    await served(
      directory,
      async (url) =>
        expect(await verdictOf(url)).toMatchObject({ fault: 'tile_mismatch', path: 'tile/0/000' }),
      { [TILE]: answer },
    );
  });

  it('packs what it sends is understood', async () => {
    await served(directory, async (url) => expect(await verdictOf(url)).toMatchObject({ ok: true }), {
      '/tile/entries/000': packed,
    });
  });
});

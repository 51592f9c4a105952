// The files of a log where somebody keeps a copy of them, or where its Worker serves them.
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FILE_BYTES_AT_MOST, type ReadFile } from '@salus/audit/log';
import { isSystemError, UnreachableError, UsageError } from '../errors.ts';

const CHECKPOINT = 'checkpoint';
const DEADLINE = 30_000;
const ATTEMPTS = 3;
const PAUSE = 500;
/** Of what is no bundle of entries, in bytes: a tile has 8,192, a checkpoint a line for each of its witnesses. */
const OTHER_BYTES_AT_MOST = 65_536;

/** Whether the log is where its Worker serves it, and not a copy that somebody keeps. */
export function isLive(log: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(log);
}

/**
 * @param log a directory or a URL
 * @param over ends what is still being fetched
 * @throws UsageError; the reader throws UnreachableError
 */
export function filesOf(log: string, over: AbortSignal): ReadFile {
  if (!isLive(log)) return (path) => fromDirectory(log, path);
  const url = URL.parse(log.endsWith('/') ? log : `${log}/`);
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new UsageError('a log is a directory or an http(s) URL');
  return (path) => fromUrl(new URL(path, url), { bytesAtMost: limitOf(path), over });
}

/** Whoever serves the log or made the copy may mean ill, and several files are read at once. */
function limitOf(path: string): number {
  return path.startsWith('tile/entries/') ? FILE_BYTES_AT_MOST : OTHER_BYTES_AT_MOST;
}

export interface Copy {
  readonly read: ReadFile;
  /** Keeps the checkpoint too. Before that it is no copy, and another run may begin it anew. @throws UnreachableError */
  finish(): Promise<void>;
}

/**
 * Reads as before, and keeps what was read; never over another copy, which may be all that shows what the log was.
 * @throws UsageError when there is one, UnreachableError, from the reader too
 */
export async function copying(read: ReadFile, directory: string): Promise<Copy> {
  if (await stat(join(directory, CHECKPOINT)).catch(() => undefined)) {
    throw new UsageError(`${directory} has a copy already, which is not written over`);
  }
  let checkpoint: Uint8Array | undefined;
  const reading = new Set<Promise<Uint8Array | null>>();
  const keep = async (path: string, bytes: Uint8Array) => {
    const file = join(directory, path);
    try {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, bytes);
    } catch {
      throw new UnreachableError(`${file} cannot be written`);
    }
  };
  const readAndKeep = async (path: string) => {
    const bytes = await read(path);
    if (bytes === null) return null;
    if (path === CHECKPOINT) checkpoint = bytes;
    else await keep(path, bytes);
    return bytes;
  };
  return {
    read(path) {
      const file = readAndKeep(path);
      reading.add(file);
      const isRead = () => reading.delete(file);
      file.then(isRead, isRead);
      return file;
    },
    async finish() {
      // A verdict may be given while files behind it are read.
      await Promise.allSettled(reading);
      if (checkpoint) await keep(CHECKPOINT, checkpoint);
    },
  };
}

async function fromDirectory(directory: string, path: string): Promise<Uint8Array | null> {
  const file = join(directory, path);
  try {
    // A pipe never ends, and memory does.
    const found = await stat(file);
    if (found.isFile() && found.size <= limitOf(path)) return await readFile(file);
  } catch (error) {
    const isMissing = isSystemError(error, 'ENOENT') || isSystemError(error, 'ENOTDIR');
    // A file that is not there is a fault of the log; a directory that is not there is one of whoever typed its name.
    if (isMissing && (await isDirectory(directory))) return null;
    if (isMissing) throw new UnreachableError(`${directory} is not a directory`);
    throw new UnreachableError(`${path} cannot be read`);
  }
  throw new UnreachableError(`${path} is no file of a log`);
}

async function isDirectory(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ?? false;
}

interface Fetching {
  readonly bytesAtMost: number;
  readonly over: AbortSignal;
}

async function fromUrl(url: URL, fetching: Fetching): Promise<Uint8Array | null> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await fetchOnce(url, fetching);
    } catch (error) {
      if (error instanceof UnreachableError && attempt >= ATTEMPTS) throw error;
      if (attempt >= ATTEMPTS) throw new UnreachableError(`${url.href} cannot be reached`);
      await sleep(PAUSE * attempt, undefined, { signal: fetching.over });
    }
  }
}

async function fetchOnce(url: URL, { bytesAtMost, over }: Fetching): Promise<Uint8Array | null> {
  const signal = AbortSignal.any([over, AbortSignal.timeout(DEADLINE)]);
  const answer = await fetch(url, { redirect: 'error', signal });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new UnreachableError(`${url.href} answers ${answer.status}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > bytesAtMost) throw new UnreachableError(`${url.href} is larger than any file of a log`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

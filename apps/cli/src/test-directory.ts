// A directory for one test, which is gone when the test is over.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export async function testDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'salus-cli-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

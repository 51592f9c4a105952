import { describe, expect, it } from 'vitest';
import { factsOf, isAlive, runnersOf } from './processes.ts';

const tree: Record<number, { parent: number; command: string }> = {
  1: { parent: 0, command: '/sbin/init' },
  10: { parent: 1, command: '-zsh' },
  20: { parent: 10, command: 'npm exec pnpm dev' },
  21: { parent: 20, command: 'sh -c pnpm dev' },
  22: { parent: 21, command: 'pnpm dev' },
  23: { parent: 22, command: '/bin/sh -c salus dev' },
  24: { parent: 23, command: 'node /srv/clinic/node_modules/.pnpm/x/apps/cli/src/main.ts dev' },
  30: { parent: 10, command: 'node /srv/clinic/node_modules/.pnpm/vitest/vitest.mjs' },
  31: { parent: 30, command: 'node apps/cli/src/main.ts dev' },
};
const facts = (pid: number) => Promise.resolve(tree[pid]);

describe('what runs salus dev', () => {
  it('is the package managers and the shells between them, and not the shell of the user', async () => {
    expect(await runnersOf(24, facts)).toEqual([23, 22, 21, 20]);
  });

  it('is nobody when a program has started it, wherever that lies', async () => {
    expect(await runnersOf(31, facts)).toEqual([]);
  });
});

describe('a process', () => {
  it('is described by its parent and its command', async () => {
    const here = await factsOf(process.pid);
    expect(here?.parent).toBe(process.ppid);
    expect(here?.command).toContain('node');
  });

  it('is alive or not', () => {
    expect(isAlive(process.pid)).toBe(true);
    expect(isAlive(2 ** 22 + 1)).toBe(false);
  });
});

// No test is forgotten: each file of tests belongs to one project of vitest.config.ts, which tests/run.ts runs, and each
// test of types to what tsc compiles. None is empty: what expects nothing fails.
import { execFileSync } from 'node:child_process';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from 'vitest/node';
import { sources } from './sources.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const pathsOf = (files: readonly string[]) =>
  files.map((file) => relative(ROOT, file).replaceAll('\\', '/')).toSorted();

function output(command: string, parameters: readonly string[]): string {
  return execFileSync(join(ROOT, 'node_modules/.bin', command), parameters, { cwd: ROOT, encoding: 'utf8' });
}

describe('a test', () => {
  it('runs, and once', { timeout: 30_000 }, () => {
    const list = JSON.parse(output('vitest', ['list', '--filesOnly', '--json'])) as { file: string }[]; // vitest's own format
    const written = sources(/\.(test|spec)\.[cm]?[jt]sx?$/).map(({ path }) => path);
    expect(written.length).toBeGreaterThan(80);
    expect(pathsOf(list.map(({ file }) => file))).toEqual(written.toSorted());
  });

  it('that expects nothing fails, in each project', async () => {
    const { test } = await resolveConfig({ root: ROOT });
    const projects = test?.projects ?? [];
    expect(projects.length).toBeGreaterThan(5);
    const strict = { test: { expect: { requireAssertions: true } } };
    expect(projects).toMatchObject(projects.map(() => strict));
  });

  it('of types is compiled', { timeout: 30_000 }, () => {
    const compiled = pathsOf(output('tsc', ['-p', 'tsconfig.json', '--listFilesOnly']).trim().split('\n'));
    const written = sources(/\.test-d\.tsx?$/).map(({ path }) => path);
    expect(written.length).toBeGreaterThan(2);
    expect(compiled).toEqual(expect.arrayContaining(written));
    for (const { path, text } of sources(/\.test-d\.tsx?$/)) expect(text, path).toContain('@ts-expect-error');
  });
});

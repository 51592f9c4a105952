// What Biome refuses to let in (biome.json), tried on Biome itself: a ban that a pattern misses, or that a later override
// takes away, shows here.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RULE = 'lint/style/noRestrictedImports';

interface Report {
  readonly diagnostics: readonly {
    readonly category: string;
    readonly location: { readonly path: string };
  }[];
}

/** Which of the files, given by path and text, Biome refuses for the rule: with the project's own rules, in a tree of their own. */
function refused(rule: string, files: Readonly<Record<string, string>>): string[] {
  const tree = mkdtempSync(join(tmpdir(), 'salus-bans-'));
  try {
    const configuration = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8')) as object; // Biome's own format
    const alone = { ...configuration, vcs: { enabled: false } };
    for (const [path, text] of Object.entries({ 'biome.json': JSON.stringify(alone), ...files })) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), text);
    }
    const { stdout } = spawnSync(
      join(ROOT, 'node_modules/.bin/biome'),
      ['lint', '--reporter=json', '--max-diagnostics=none', '.'],
      { cwd: tree, encoding: 'utf8' },
    );
    const { diagnostics } = JSON.parse(stdout) as Report; // Biome's own format
    const paths = diagnostics
      .filter(({ category }) => category === rule)
      .map(({ location }) => location.path);
    return [...new Set(paths)].toSorted();
  } finally {
    rmSync(tree, { recursive: true });
  }
}

/** One file for each specifier, in the folder. */
function importing(folder: string, specifiers: readonly string[], suffix = '.ts'): Record<string, string> {
  return Object.fromEntries(
    specifiers.map((specifier, at) => [`${folder}/x${at}${suffix}`, `export { a } from '${specifier}';\n`]),
  );
}

const bans: [where: string, folder: string, never: string[], welcome: string[]][] = [
  [
    'a router',
    'packages/api/src/routers',
    [
      'drizzle-orm',
      'drizzle-orm/pg-core',
      '@neondatabase/serverless',
      'pg',
      '@salus/crypto',
      '@salus/crypto/primitives',
      '@salus/db/migrate',
      '../../../db/src/tables/patient.ts',
      'node:crypto',
    ],
    ['@salus/db', '@salus/schema', '@salus/policy', '../trpc.ts', '@trpc/server', 'zod'],
  ],
  [
    'the log',
    'packages/audit/src/log',
    ['zod', 'canonicalize', 'node:crypto', '@salus/schema', '../leaf.ts', './deeper/leaf.ts'],
    ['./note.ts', './merkle-hash.ts'],
  ],
  [
    'the client',
    'packages/client/src',
    ['@salus/db', '@salus/auth', '@salus/crypto/primitives', '@salus/api/context'],
    ['@salus/api', '@salus/schema', '@trpc/client', './errors.ts'],
  ],
];

describe('an import', () => {
  it.each(bans)('of %s is refused where it is banned, and only there', (_, folder, never, welcome) => {
    const banned = importing(folder, never);
    expect(refused(RULE, banned)).toEqual(Object.keys(banned).toSorted());
    expect(refused(RULE, importing(folder, welcome))).toEqual([]);
  });

  it.each([
    'packages/schema/src',
    'packages/api/src/routers',
    'packages/audit/src/log',
    'packages/client/src',
    'apps/cli/src',
    'examples',
    'tests/e2e',
  ])('of an app is refused in %s', (folder) => {
    const apps = [
      '@salus/worker',
      '@salus/cli/main',
      '@salus/console',
      '../../../../apps/worker/src/index.ts',
    ];
    const banned = importing(folder, apps);
    expect(refused(RULE, banned)).toEqual(Object.keys(banned).toSorted());
  });

  it("of the log's tests is free", () => {
    expect(refused(RULE, importing('packages/audit/src/log', ['vitest', 'fast-check'], '.test.ts'))).toEqual(
      [],
    );
  });
});

describe('a function', () => {
  const LONG = `export function long(): number {\n${'  call();\n'.repeat(61)}  return 1;\n}\n`;
  const SHORT = `export function short(): number {\n${'  call();\n'.repeat(50)}  return 1;\n}\n`;

  it('of more than 60 lines is refused, unless it is a test', () => {
    const rule = 'lint/complexity/noExcessiveLinesPerFunction';
    const files = {
      'packages/db/src/long.ts': LONG,
      'packages/db/src/short.ts': SHORT,
      'packages/db/src/x.test.ts': LONG,
      'tests/e2e/x.test.ts': LONG,
    };
    expect(refused(rule, files)).toEqual(['packages/db/src/long.ts']);
  });
});

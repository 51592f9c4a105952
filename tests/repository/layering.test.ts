// What each package may import (DESIGN.md, Top level). Both what a package.json declares and what the sources really say
// are held against the matrix; how many modules and imports were seen is asserted, so that looking at nothing cannot pass.
import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, type Source, sources } from './sources.ts';

const MATRIX: Record<string, readonly string[]> = {
  schema: [],
  crypto: [],
  'neon-local': [],
  outgoing: [],
  policy: ['schema'],
  fhir: ['schema'],
  audit: ['schema'],
  auth: ['schema', 'crypto'],
  db: ['schema', 'crypto', 'policy', 'audit'],
  api: ['schema', 'policy', 'auth', 'audit', 'db'],
  client: ['schema', 'api'],
};

const APPS = ['worker', 'cli', 'console'];
/** In tests alone: a real PostgreSQL behind Neon's protocol. */
const FOR_TESTS = 'neon-local';
/** Declared once, at the root, for every workspace's tests. */
const SHARED = ['vitest', 'fast-check'];

const isTest = (path: string) =>
  /\.(test|test-d)\.tsx?$|\/test-[a-z-]+(\.d)?\.ts$|^tests\/|^vitest\./.test(path);

const modules = sources(/^((packages|apps|tests|examples)\/.*|vitest\.config)\.tsx?$/);
const ofPackage = (name: string) => modules.filter(({ path }) => path.startsWith(`packages/${name}/src/`));

/** `packages/db`, `apps/cli`, `tests`, `tests/bench`, `examples`; `.` is the root. */
function workspaceOf(path: string): string {
  const [first = '', second = '', ...rest] = path.split('/');
  if (first === 'packages' || first === 'apps') return `${first}/${second}`;
  if (first === 'tests' && second === 'bench') return 'tests/bench';
  return second === '' && rest.length === 0 ? '.' : first;
}

/** `crypto` of `@salus/crypto/primitives`. */
const layerOf = (specifier: string) => /^@salus\/([^/]+)/.exec(specifier)?.[1];

/** Each import that the predicate forbids, as a sentence. */
function forbidden(list: readonly Source[], forbids: (specifier: string, path: string) => boolean): string[] {
  return list.flatMap((source) =>
    importsOf(source)
      .filter(({ specifier }) => forbids(specifier, source.path))
      .map(({ specifier }) => `${source.path} imports ${specifier}`),
  );
}

function violations(name: string, list: readonly Source[]): string[] {
  const allowed = MATRIX[name] ?? [];
  return forbidden(list, (specifier, path) => {
    const layer = layerOf(specifier);
    if (layer === undefined || layer === name || allowed.includes(layer)) return false;
    return !(isTest(path) && layer === FOR_TESTS);
  });
}

function leavesItsWorkspace(specifier: string, path: string): boolean {
  if (!specifier.startsWith('.')) return false;
  return workspaceOf(posix.join(posix.dirname(path), specifier)) !== workspaceOf(path);
}

function isOfAnApp(specifier: string, path: string): boolean {
  const layer = layerOf(specifier) ?? '';
  return APPS.includes(layer) && workspaceOf(path) !== `apps/${layer}`;
}

describe('the layers', () => {
  it('are looked at: every package of the matrix is there, with its modules', () => {
    const folders = new Set(modules.flatMap(({ path }) => /^packages\/([^/]+)\//.exec(path)?.[1] ?? []));
    expect([...folders].toSorted()).toEqual(Object.keys(MATRIX).toSorted());
    expect(modules.length).toBeGreaterThan(300);
    expect(modules.flatMap(importsOf).length).toBeGreaterThan(1200);
    for (const name of Object.keys(MATRIX)) expect(ofPackage(name).length).toBeGreaterThan(2);
  });

  it.each(Object.keys(MATRIX))('%s imports what it may and no more', (name) => {
    expect(violations(name, ofPackage(name))).toEqual([]);
  });

  it.each([
    ['packages/schema/src/x.ts', "import { seal } from '@salus/crypto';"],
    ['packages/schema/src/x.ts', "import type { Sealed } from '@salus/crypto/primitives';"],
    ['packages/schema/src/x.ts', "export * from '@salus/neon-local';"],
    ['packages/schema/src/x.ts', "import {\n  type A,\n  b,\n} from '@salus/db';"],
    ['packages/schema/src/x.ts', "const db = await import('@salus/db');"],
    ['packages/schema/src/x.test.ts', "import { connect } from '@salus/db';"],
  ])('a forbidden import is found: %s, %s', (path, text) => {
    expect(violations('schema', [{ path, text }])).toHaveLength(1);
  });

  it('no relative import leaves its workspace', () => {
    expect(forbidden(modules, leavesItsWorkspace)).toEqual([]);
    const across = { path: 'packages/schema/src/x.ts', text: "import { a } from '../../crypto/src/a.ts';" };
    const within = { path: 'packages/schema/src/x/y.ts', text: "import { a } from '../a.ts';" };
    expect(forbidden([across, within], leavesItsWorkspace)).toEqual([
      'packages/schema/src/x.ts imports ../../crypto/src/a.ts',
    ]);
  });

  it('the client takes nothing of the api but types, and nothing of the database', () => {
    const taken = ofPackage('client')
      .filter(({ path }) => !isTest(path))
      .flatMap(importsOf)
      .filter(({ specifier }) => specifier.startsWith('@salus/'));
    expect(taken.filter(({ typeOnly }) => !typeOnly)).toEqual([]);
    expect(taken.length).toBeGreaterThan(0);
  });

  it('the log imports nothing outside its folder, so that a verifier is free of the rest', () => {
    const log = ofPackage('audit').filter(({ path }) => path.includes('/log/') && !isTest(path));
    expect(log.length).toBeGreaterThan(8);
    expect(log.flatMap(importsOf).filter(({ specifier }) => !/^\.\/[^/]+\.ts$/.test(specifier))).toEqual([]);
  });

  it('nobody imports an app, another app neither', () => {
    expect(forbidden(modules, isOfAnApp)).toEqual([]);
    const taking = { path: 'apps/cli/src/x.ts', text: "import worker from '@salus/worker';" };
    expect(forbidden([taking], isOfAnApp)).toEqual(['apps/cli/src/x.ts imports @salus/worker']);
  });

  it('a router sees no tables, no SQL and no cryptography', () => {
    const routers = ofPackage('api').filter(({ path }) => path.includes('/routers/'));
    expect(routers.length).toBeGreaterThan(2);
    const specifiers = routers.flatMap(importsOf).map(({ specifier }) => specifier);
    expect(specifiers.filter((specifier) => /drizzle|crypto|tables|neon/.test(specifier))).toEqual([]);
  });
});

interface Description {
  readonly folder: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Layers that a package declares and may not have. */
function undue({ folder, dependencies = {}, devDependencies = {} }: Description): string[] {
  const allowed = MATRIX[folder.replace('packages/', '')];
  const layers = (names: object) => Object.keys(names).flatMap((name) => layerOf(name) ?? []);
  const inTests = layers(devDependencies).filter((layer) => layer !== FOR_TESTS);
  return [...layers(dependencies), ...inTests].filter((layer) =>
    allowed ? !allowed.includes(layer) : APPS.includes(layer),
  );
}

/** Imports of what the package.json beside them does not declare: a devDependency is there for tests alone. */
function undeclared(description: Description, list: readonly Source[]): string[] {
  const { folder, dependencies = {}, devDependencies = {} } = description;
  return forbidden(list, (specifier, path) => {
    const name = packageOf(specifier);
    if (name === null || name in dependencies || workspaceOf(path) !== folder) return false;
    return !(isTest(path) && (name in devDependencies || SHARED.includes(name)));
  });
}

function packageOf(specifier: string): string | null {
  if (/^(\.|node:|cloudflare:)/.test(specifier)) return null;
  const [scope = '', name = ''] = specifier.split('/');
  const packageName = scope.startsWith('@') ? `${scope}/${name}` : scope;
  return builtinModules.includes(packageName) ? null : packageName;
}

describe('a package.json', () => {
  const descriptions = sources(/^((packages|apps)\/[^/]+\/|tests\/(bench\/)?|examples\/)?package\.json$/).map(
    ({ path, text }): Description => ({ ...(JSON.parse(text) as object), folder: posix.dirname(path) }), // npm's own format
  );

  it('stands in every workspace', () => {
    const workspaces = new Set(modules.map(({ path }) => workspaceOf(path)));
    expect(descriptions.map(({ folder }) => folder).toSorted()).toEqual([...workspaces].toSorted());
    expect(descriptions.length).toBeGreaterThan(12);
  });

  it.each(descriptions.filter(({ folder }) => folder !== '.'))('$folder declares no layer too many', (of) => {
    expect(undue(of)).toEqual([]);
  });

  it.each(descriptions)('$folder declares everything that its sources import', (description) => {
    expect(undeclared(description, modules)).toEqual([]);
  });

  it('that declares too much or too little is found', () => {
    const layer = { '@salus/db': 'workspace:*', '@salus/neon-local': 'workspace:*' };
    expect(undue({ folder: 'packages/auth', dependencies: layer })).toEqual(['db', 'neon-local']);
    expect(undue({ folder: 'packages/auth', devDependencies: layer })).toEqual(['db']);
    expect(undue({ folder: 'tests', devDependencies: { '@salus/cli': 'workspace:*' } })).toEqual(['cli']);

    const text = "import { Pool } from 'pg';\n";
    const list = ['packages/auth/src/x.ts', 'packages/auth/src/x.test.ts'].map((path) => ({ path, text }));
    expect(undeclared({ folder: 'packages/auth' }, list)).toHaveLength(2);
    expect(undeclared({ folder: 'packages/auth', devDependencies: { pg: 'catalog:' } }, list)).toEqual([
      'packages/auth/src/x.ts imports pg',
    ]);
    expect(undeclared({ folder: 'packages/auth', dependencies: { pg: 'catalog:' } }, list)).toEqual([]);
  });
});

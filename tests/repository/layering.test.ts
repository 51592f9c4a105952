// What each package may import (DESIGN.md, Top level). Both what a package.json declares and what the sources really say
// are held against the matrix; how many modules were seen is asserted, so that looking at nothing cannot pass.
import { builtinModules } from 'node:module';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Import, importsOf, type Source, sources } from './sources.ts';

const MATRIX: Record<string, readonly string[]> = {
  schema: [],
  crypto: [],
  'neon-local': [],
  policy: ['schema'],
  fhir: ['schema'],
  audit: ['schema'],
  auth: ['schema', 'crypto'],
  db: ['schema', 'crypto', 'policy', 'audit'],
  api: ['schema', 'policy', 'auth', 'audit', 'db'],
  client: ['schema', 'api'],
};

const isTest = (path: string) => /\.(test|test-d)\.ts$|\/test-[a-z-]+\.ts$/.test(path);

const modules = sources(/^(packages|apps|tests)\/.*\.tsx?$/);
const ofPackage = (name: string) => modules.filter(({ path }) => path.startsWith(`packages/${name}/src/`));

function violations(name: string, list: readonly Source[]): string[] {
  const allowed = MATRIX[name] ?? [];
  return list.flatMap(({ path, ...source }) =>
    importsOf({ path, ...source })
      .filter(({ specifier }) => specifier.startsWith('@salus/') && specifier.split('/')[1] !== name)
      .filter(({ specifier }) => !allowed.includes(specifier.split('/')[1] ?? ''))
      .map(({ specifier }) => `${path} imports ${specifier}`),
  );
}

describe('the layers', () => {
  it('are looked at: every package of the matrix is there, with its modules', () => {
    const folders = new Set(modules.flatMap(({ path }) => /^packages\/([^/]+)\//.exec(path)?.[1] ?? []));
    expect([...folders].toSorted()).toEqual(Object.keys(MATRIX).toSorted());
    expect(modules.length).toBeGreaterThan(200);
    for (const name of Object.keys(MATRIX)) expect(ofPackage(name).length).toBeGreaterThan(2);
  });

  it.each(Object.keys(MATRIX))('%s imports what it may and no more', (name) => {
    expect(
      violations(
        name,
        ofPackage(name).filter(({ path }) => !isTest(path)),
      ),
    ).toEqual([]);
  });

  it('a forbidden import is found', () => {
    const forbidden = { path: 'packages/schema/src/x.ts', text: "import { seal } from '@salus/crypto';\n" };
    expect(violations('schema', [forbidden])).toEqual(['packages/schema/src/x.ts imports @salus/crypto']);
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

  it('nobody imports an app', () => {
    const outside = modules.filter(({ path }) => !path.startsWith('apps/'));
    const taken = outside.flatMap(({ path, text }) =>
      importsOf({ path, text })
        .filter(({ specifier }) => /@salus\/(worker|cli|console)(\/|$)|\/apps\//.test(specifier))
        .map(({ specifier }) => `${path} imports ${specifier}`),
    );
    expect(taken).toEqual([]);
  });

  it('a router sees no tables, no SQL and no cryptography', () => {
    const routers = ofPackage('api').filter(({ path }) => path.includes('/routers/'));
    expect(routers.length).toBeGreaterThan(2);
    const specifiers = routers.flatMap(importsOf).map(({ specifier }) => specifier);
    expect(specifiers.filter((specifier) => /drizzle|crypto|tables|neon/.test(specifier))).toEqual([]);
  });
});

describe('a package.json', () => {
  const descriptions = sources(/^(packages|apps|tests)(\/[^/]+)?\/package\.json$/).map(({ path, text }) => ({
    folder: dirname(path),
    ...(JSON.parse(text) as {
      dependencies?: Record<string, string>;
      devDependencies?: Record<string, string>;
    }),
  }));

  it.each(descriptions)('$folder declares no layer that it may not have', ({ folder, dependencies = {} }) => {
    const allowed = MATRIX[folder.replace('packages/', '')];
    const layers = Object.keys(dependencies).filter((name) => name.startsWith('@salus/'));
    const forbidden = allowed ? layers.filter((name) => !allowed.includes(name.slice('@salus/'.length))) : [];
    expect(forbidden).toEqual([]);
  });

  it.each(descriptions)('$folder declares everything that its sources import', (description) => {
    const { folder, dependencies = {}, devDependencies = {} } = description;
    const undeclared = modules
      .filter(({ path }) => path.startsWith(`${folder}/`) && (folder === 'tests' || path.includes('/src/')))
      .flatMap(({ path, text }) =>
        importsOf({ path, text }).flatMap(({ specifier }: Import) => {
          const name = packageOf(specifier);
          if (name === null) return [];
          const declared =
            name in dependencies || (name in devDependencies && (isTest(path) || folder === 'tests'));
          return declared || SHARED.has(name) || name in devDependencies ? [] : [`${path} imports ${name}`];
        }),
      );
    expect(undeclared).toEqual([]);
  });
});

/** Declared once, at the root, for every workspace's tests. */
const SHARED = new Set(['vitest', 'fast-check']);

function packageOf(specifier: string): string | null {
  if (specifier.startsWith('.') || specifier.startsWith('node:') || specifier.startsWith('cloudflare:'))
    return null;
  const [scope = '', name = ''] = specifier.split('/');
  const packageName = scope.startsWith('@') ? `${scope}/${name}` : scope;
  return builtinModules.includes(packageName) ? null : packageName;
}

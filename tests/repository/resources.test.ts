// A resource has the same file name in every layer (DESIGN.md, Top level), and one line in each index. Which there are is
// read from the sources: a router without a schema shows, and so does a resource that was forgotten on the way.
import { describe, expect, it } from 'vitest';
import { importsOf, sources } from './sources.ts';

/** Signing in is a sequence of steps on several resources, and no resource. */
const NOT_A_RESOURCE = ['auth'];
/** Those that have a FHIR R4 mapping. */
const WITH_FHIR = ['patient'];

const texts = new Map(sources(/^packages\/.*\.ts$/).map(({ path, text }) => [path, text]));

/** Names of the modules in a folder, tests aside. */
function modulesOf(folder: string): string[] {
  return [...texts.keys()].flatMap((path) => {
    const name = path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : '';
    return /^[a-z0-9-]+\.ts$/.test(name) ? [name.replace('.ts', '')] : [];
  });
}

const routed = modulesOf('packages/api/src/routers').filter((name) => !NOT_A_RESOURCE.includes(name));
const defined = modulesOf('packages/schema/src').filter((name) =>
  /\bdefineResource\(\{/.test(texts.get(`packages/schema/src/${name}.ts`) ?? ''),
);

const indexed = (index: string, specifier: string) =>
  importsOf({ path: index, text: texts.get(index) ?? '' }).some((line) => line.specifier === specifier);

/** What a resource with a router lacks. */
function missing(name: string): string[] {
  const files = [
    `packages/schema/src/${name}.ts`,
    `packages/db/src/tables/${name}.ts`,
    `packages/api/src/routers/${name}.ts`,
    ...(WITH_FHIR.includes(name) ? [`packages/fhir/src/${name}.ts`] : []),
  ].filter((path) => !texts.has(path));
  const lines = [
    ['packages/schema/src/index.ts', `./${name}.ts`],
    ['packages/api/src/router.ts', `./routers/${name}.ts`],
    ...(WITH_FHIR.includes(name) ? [['packages/fhir/src/index.ts', `./${name}.ts`]] : []),
  ].filter(([index = '', specifier = '']) => !indexed(index, specifier));
  const repositories = [...texts.keys()].filter((path) =>
    new RegExp(`^packages/db/src/repositories/${name}(/[a-z-]+)?\\.ts$`).test(path),
  );
  return [
    ...files,
    ...lines.map(([index, specifier]) => `${specifier} in ${index}`),
    ...(repositories.length > 0 ? [] : [`packages/db/src/repositories/${name}`]),
  ];
}

describe('a resource', () => {
  it('is found where there is one', () => {
    expect(routed).toEqual(expect.arrayContaining(['audit-event', 'care-team', 'patient']));
    expect(defined).toEqual(
      expect.arrayContaining(['patient', 'user', 'session', 'organization', ...routed]),
    );
  });

  it.each(routed)('%s has its file in every layer, and its line in each index', (name) => {
    expect(missing(name)).toEqual([]);
  });

  it.each(defined)('%s has a table', (name) => {
    expect(texts.get(`packages/db/src/tables/${name}.ts`)).toContain('salus.table(');
  });

  it('that lacks a file or a line is found', () => {
    expect(missing('appointment')).toEqual([
      'packages/schema/src/appointment.ts',
      'packages/db/src/tables/appointment.ts',
      'packages/api/src/routers/appointment.ts',
      './appointment.ts in packages/schema/src/index.ts',
      './routers/appointment.ts in packages/api/src/router.ts',
      'packages/db/src/repositories/appointment',
    ]);
  });
});

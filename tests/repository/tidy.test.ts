// The house rules, held against every source file (after TigerBeetle's tidy): what a file begins with, how long it is, and
// what stands in none.
import { describe, expect, it } from 'vitest';
import { type Source, sources } from './sources.ts';

const LINES_AT_MOST = 350;
const HEADER_AT_MOST = 6;

/** All but this file, which names what it looks for. */
const typescript = sources(/^(packages|apps|tests)\/.*\.tsx?$/).filter(
  ({ path }) => path !== 'tests/repository/tidy.test.ts',
);
const shipped = typescript.filter(({ path }) => !path.startsWith('tests/') && !/\.test(-d)?\.ts$/.test(path));

/** `path:line` of every line that has the pattern. */
function lines(list: readonly Source[], pattern: RegExp, except?: RegExp): string[] {
  return list.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, at) =>
        pattern.test(line) && !except?.test(`${path}:${line}`) ? [`${path}:${at + 1}`] : [],
      ),
  );
}

describe('every source file', () => {
  it('is looked at', () => {
    expect(typescript.length).toBeGreaterThan(200);
    expect(shipped.length).toBeGreaterThan(120);
  });

  it('opens by saying what it is, in a few lines', () => {
    const without = shipped.filter(({ text }) => {
      const all = text.replace(/^#!.*\n/, '').split('\n');
      const header = all.findIndex((line) => !line.startsWith('//'));
      return header < 1 || header > HEADER_AT_MOST;
    });
    expect(without.map(({ path }) => path)).toEqual([]);
  });

  it(`has at most ${LINES_AT_MOST} lines`, () => {
    const long = typescript.filter(({ text }) => text.split('\n').length > LINES_AT_MOST);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  it('is named for what it is about', () => {
    const drawer = /(^|\/)(helpers?|utils?|common|misc|shared|lib)(\/|\.)/;
    expect(typescript.map(({ path }) => path).filter((path) => drawer.test(path))).toEqual([]);
  });
});

const banned: [string, RegExp, readonly Source[], RegExp?][] = [
  ['promises instead of work', /\b(TODO|FIXME)\b/, typescript],
  ['a type that is none', /: any\b|\bas any\b|<any>/, typescript, /:\s*(\/\/|\*)/],
  ['a check switched off', /@ts-(ignore|nocheck)/, typescript],
  ['a test that is skipped, or the only one', /\b(it|test|describe)\.(skip|only|todo)\b/, typescript],
  [
    'a setting that outlives its transaction',
    /set_config\([^)]*false\)/,
    [...typescript, ...sources(/\.sql$/)],
  ],
  ['coercion of input', /z\.coerce\b/, typescript],
  ['randomness that can be guessed', /Math\.random\b/, typescript],
  ['the environment, outside the command line', /process\.env/, shipped, /^apps\/cli\/|postgres-process/],
  [
    'a path of one machine',
    new RegExp(['', 'work', 'main'].join('/')),
    sources(/\.(ts|tsx|json|toml|md|sql|yaml)$/),
  ],
  [
    'raw errors into the log',
    /console\.(log|error|warn|info)\(/,
    shipped,
    /^apps\/cli\/|apps\/worker\/src\/report\.ts/,
  ],
];

describe('no source file has', () => {
  it.each(banned)('%s', (_, pattern, list, except) => {
    expect(list.length).toBeGreaterThan(3);
    expect(lines(list, pattern, except)).toEqual([]);
  });

  it('and what is banned would be found', () => {
    const bad = { path: 'x.ts', text: 'const x: any = Math.random();' };
    expect(lines([bad], /: any\b/)).toEqual(['x.ts:1']);
    expect(lines([bad], /Math\.random\b/)).toEqual(['x.ts:1']);
  });
});

describe('migrations', () => {
  it('are numbered without a gap', () => {
    const names = sources(/^packages\/db\/migrations\/.*\.sql$/).map(
      ({ path }) => path.split('/').at(-1) ?? '',
    );
    expect(names.length).toBeGreaterThan(4);
    expect(names.toSorted().map((name) => Number(name.slice(0, 4)))).toEqual(names.map((_, at) => at + 1));
  });
});

describe('a resource', () => {
  const paths = new Set(typescript.map(({ path }) => path));
  it.each(['patient', 'care-team', 'audit-event'])('%s has a file in every layer', (name) => {
    for (const layer of ['schema/src', 'db/src/tables', 'api/src/routers']) {
      expect(paths).toContain(`packages/${layer}/${name}.ts`);
    }
  });

  it('each router but that of signing in belongs to one', () => {
    const routers = [...paths].filter((path) => path.startsWith('packages/api/src/routers/'));
    const names = routers.map((path) => path.split('/').at(-1)?.replace('.ts', '') ?? '');
    expect(names.toSorted()).toEqual(['audit-event', 'auth', 'care-team', 'patient']);
  });
});

// The house rules, held against every source file (after TigerBeetle's tidy): what a file begins with, how long it is, and
// what stands in none. How long a function is, Biome counts (biome.json).
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { type Source, sources } from './sources.ts';

const LINES_AT_MOST = 350;
const HEADER_AT_MOST = 5;
const TEST = /(\.[a-z-]+)?\.(test|test-d)\.tsx?$/;

const typescript = sources(/^((packages|apps|tests|examples)\/.*|[^/]+)\.tsx?$/);
const paths = new Set(typescript.map(({ path }) => path));
/** All but this file, which names what it looks for. */
const others = typescript.filter(({ path }) => path !== 'tests/repository/tidy.test.ts');
const shipped = others.filter(({ path }) => !path.startsWith('tests/') && !TEST.test(path));
/** Whatever is read by people or by tools. */
const written = sources(/\.(tsx?|jsonc?|toml|md|sql|ya?ml|sh)$|^\.ci\/|\.npmrc$/).filter(
  ({ path }) => path !== 'tests/repository/tidy.test.ts',
);

/** Lines of `//` at the beginning. */
function headerOf(text: string): number {
  const [...all] = text.replace(/^#!.*\n/, '').split('\n');
  return all.findIndex((line) => !line.startsWith('//'));
}

/** A test that stands beside the module it is named for has that module's header. */
const standsBesideItsModule = (path: string) => TEST.test(path) && paths.has(path.replace(TEST, '.ts'));

/** Whole files, for what may go over several lines. */
const containing = (list: readonly Source[], pattern: RegExp) =>
  list.filter(({ text }) => pattern.test(text)).map(({ path }) => path);

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
    expect(typescript.length).toBeGreaterThan(300);
    expect(shipped.length).toBeGreaterThan(180);
    expect(written.length).toBeGreaterThan(typescript.length + 20);
  });

  it(`opens by saying what it is, in one to ${HEADER_AT_MOST} lines`, () => {
    const wrong = typescript
      .filter(({ path }) => !standsBesideItsModule(path))
      .filter(({ text }) => headerOf(text) < 1);
    const long = typescript.filter(({ text }) => headerOf(text) > HEADER_AT_MOST);
    expect([...wrong, ...long].map(({ path }) => path)).toEqual([]);
  });

  it(`has at most ${LINES_AT_MOST} lines`, () => {
    const long = typescript.filter(({ text }) => text.split('\n').length > LINES_AT_MOST);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  it('is named for what it is about', () => {
    const drawer = /(^|\/)(helpers?|utils?|common|misc|shared|lib)(\/|\.)/;
    expect([...paths].filter((path) => drawer.test(path))).toEqual([]);
    expect('packages/db/src/utils.ts').toMatch(drawer);
  });
});

/** An address of this machine, or of any private network. Loopback and the ranges for documentation are free. */
function addresses(): RegExp {
  const own = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address.replaceAll('.', '\\.'));
  const part = '\\d{1,3}';
  const networks = [`10\\.${part}`, '192\\.168', '172\\.(?:1[6-9]|2\\d|3[01])'].map(
    (net) => `${net}\\.${part}\\.${part}`,
  );
  return new RegExp(`(?<![\\w.:§])(?:${[...own, ...networks].join('|')})(?!\\w|\\.\\d)`);
}

interface Ban {
  readonly what: string;
  readonly pattern: RegExp;
  readonly list: readonly Source[];
  /** A line that the pattern must find: a ban that finds nothing bans nothing. */
  readonly found: string;
  /** Files that have a reason. */
  readonly except?: RegExp;
}

const bans: readonly Ban[] = [
  {
    what: 'promises instead of work',
    pattern: /\b(TODO|FIXME)\b|\bXXX\b(?!-)/,
    list: written,
    found: '// TODO: later',
  },
  {
    what: 'a type that is none',
    pattern: /(?<!\/\/.*): any\b|\bas any\b|<any>|\bany\[\]/,
    list: others,
    found: 'const x: any = 1;',
  },
  { what: 'a check switched off', pattern: /@ts-(ignore|nocheck)/, list: others, found: '// @ts-ignore' },
  {
    what: 'a test that is skipped, or the only one',
    pattern: /\.(only|skip|todo|skipIf|runIf)\b\s*[(.`]/,
    list: others,
    found: "it.each([1]).skip('x', () => {});",
  },
  { what: 'coercion of input', pattern: /z\.coerce\b/, list: others, found: 'z.coerce.date()' },
  {
    what: 'randomness that can be guessed',
    pattern: /Math\.random\b/,
    list: others,
    found: 'const id = Math.random();',
  },
  {
    what: 'the environment, outside the command line',
    pattern: /process\.env\b|\benv\b[^'"]*from 'node:process'/,
    list: shipped,
    found: 'const key = process.env.SALUS_ROOT_KEY;',
    // An example is run as a command; PostgreSQL's processes inherit the environment that Node was given.
    except: /^(apps\/cli|examples)\/|^packages\/neon-local\/src\/postgres-process\.ts/,
  },
  {
    what: 'a line to the log, outside the command line',
    pattern: /\bconsole\.[a-z]+\(/,
    list: shipped,
    found: 'console.debug(error);',
    // report.ts is the Worker's one way to its operational log.
    except: /^(apps\/cli|examples)\/|^apps\/worker\/src\/report\.ts/,
  },
  {
    what: 'a path of one machine',
    pattern: /(?<![\w.@-])\/(work|root|home|Users)\/[\w.-]/,
    list: written,
    found: "join('/work/main', name)",
  },
  { what: 'an address of one machine', pattern: addresses(), list: written, found: 'http://10.1.2.3:8080' },
  {
    what: 'the host of a registry',
    pattern:
      /\bregistry\.[a-z]|\b(npmjs|jsdelivr|unpkg|verdaccio|artifactory)\b|\bghcr\.io|\bdocker\.io|\btarball:/,
    list: written,
    found: 'registry.npmjs.org',
  },
];

describe('no file has', () => {
  it.each(bans)('$what', ({ pattern, list, found, except }) => {
    expect(lines([{ path: 'x.ts', text: `\n${found}\n` }], pattern)).toEqual(['x.ts:2']);
    expect(list.length).toBeGreaterThan(180);
    expect(lines(list, pattern, except)).toEqual([]);
  });

  it('a setting that outlives its transaction', () => {
    const lasting = /set_config\([^;`]*?,\s*false\s*\)/;
    expect(containing([{ path: 'x.sql', text: "select set_config('a', b(1),\n  false);" }], lasting)).toEqual(
      ['x.sql'],
    );
    const list = [...others, ...sources(/\.sql$/)];
    expect(containing(list, /set_config\(/).length).toBeGreaterThan(0);
    expect(containing(list, lasting)).toEqual([]);
  });
});

/** What is wrong with the numbers of these files: each has four digits, and they run from 1. */
function gaps(names: readonly string[]): string[] {
  return names.toSorted().filter((name, at) => Number(/^(\d{4})[_-]/.exec(name)?.[1]) !== at + 1);
}

describe('decisions', () => {
  it('are numbered without a gap', () => {
    const names = sources(/^docs\/decisions\//).map(({ path }) => path.split('/').at(-1) ?? '');
    expect(names.length).toBeGreaterThan(4);
    expect(gaps(names)).toEqual([]);
  });
});

describe('migrations', () => {
  it('are numbered without a gap', () => {
    const names = sources(/^packages\/db\/migrations\//).map(({ path }) => path.split('/').at(-1) ?? '');
    expect(names.length).toBeGreaterThan(4);
    expect(gaps(names)).toEqual([]);
    expect(gaps(['0001_a.sql', '0003_c.sql'])).toEqual(['0003_c.sql']);
    expect(gaps(['0001_a.sql', '0001_b.sql'])).toEqual(['0001_b.sql']);
  });
});

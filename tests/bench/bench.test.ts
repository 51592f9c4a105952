// The bench itself: that it runs, measures, and says what it found; that a missed target is never told as a met one. What
// the numbers are is no matter here: a machine that runs tests is no place to measure.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseArguments, UsageError } from './arguments.ts';
import { verdictOf } from './outcome.ts';
import { median, quantile } from './quantiles.ts';
import { plotSvg } from './report/plot.ts';

const RUN = fileURLToPath(new URL('run.ts', import.meta.url));

/** Runs the bench, and reads what it has written. */
async function bench(...words: string[]): Promise<{ printed: string; json: Json; page: string }> {
  const out = await mkdtemp(join(tmpdir(), 'salus-bench-'));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [RUN, ...words, '--out', out]);
    const files = await readdir(out);
    const read = (ending: string) =>
      readFile(join(out, files.find((name) => name.endsWith(ending)) ?? ''), 'utf8');
    return { printed: stdout, json: JSON.parse(await read('.json')), page: await read('.html') };
  } finally {
    await rm(out, { recursive: true });
  }
}

interface Json {
  readonly version: number;
  readonly machine: Readonly<Record<string, unknown>>;
  readonly suites: readonly {
    readonly name: string;
    readonly seconds: number;
    readonly targets: readonly { what: string; limit: number; value: number; verdict: string }[];
    readonly measured: readonly { bare: number; salus: number; ratio: number; rounds: { bare: number[] } }[];
  }[];
}

describe('pnpm bench', () => {
  it('crypto --quick measures, and says so in JSON, on a page and in the terminal', {
    timeout: 60_000,
  }, async () => {
    const { printed, json, page } = await bench('crypto', '--quick');
    expect(json.version).toBe(1);
    expect(json.machine).toMatchObject({ cores: expect.any(Number), workerd: expect.stringMatching(/^\d/) });
    const [suite, ...others] = json.suites;
    expect(others).toEqual([]);
    expect(suite?.name).toBe('crypto');
    expect(suite?.measured.length).toBeGreaterThan(4);
    for (const { bare, salus, ratio, rounds } of suite?.measured ?? []) {
      for (const number of [bare, salus, ratio]) expect(number).toBeGreaterThan(0);
      expect(rounds.bare.length).toBeGreaterThan(4);
      expect(rounds.bare.every((number) => number > 0)).toBe(true);
    }
    expect(suite?.targets.map(({ limit }) => limit)).toEqual([1.3, 1.5]);
    for (const { value, limit, verdict } of suite?.targets ?? [])
      expect(verdict).toBe(value <= limit ? 'met' : 'missed');
    expect(page).toContain('<svg');
    expect(page).not.toMatch(/<(script|link|img)\b|NaN|undefined/);
    expect(printed).toMatch(/^targets: \d met, \d missed, 0 not measured/m);
  });

  it('runs everything that is named, in a fixed order, or all', () => {
    const known = ['a', 'b', 'c'] as const;
    expect(parseArguments(['c', 'a'], known, 'out').suites).toEqual(['a', 'c']);
    expect(parseArguments(['all', '--full'], known, 'out')).toMatchObject({ suites: known, size: 'full' });
    expect(() => parseArguments(['d'], known, 'out')).toThrow(UsageError);
    expect(() => parseArguments(['--fast'], known, 'out')).toThrow(UsageError);
    expect(() => parseArguments(['--quick', '--full'], known, 'out')).toThrow(UsageError);
  });
});

describe('a target', () => {
  const target = { what: 'x', unit: '×', limit: 1.3 } as const;

  it('is met at its limit, and missed beyond it', () => {
    expect(verdictOf({ ...target, bound: 'at most', value: 1.3 })).toBe('met');
    expect(verdictOf({ ...target, bound: 'at most', value: 1.31 })).toBe('missed');
    expect(verdictOf({ ...target, bound: 'at least', value: 1.3 })).toBe('met');
    expect(verdictOf({ ...target, bound: 'at least', value: 1.29 })).toBe('missed');
  });

  it('that was not measured is not met', () => {
    for (const value of [null, Number.NaN, Number.POSITIVE_INFINITY])
      expect(verdictOf({ ...target, bound: 'at most', value })).toBe('not measured');
  });
});

describe('a quantile', () => {
  it('is the nearest rank, and never made up', () => {
    const numbers = [5, 1, 4, 2, 3];
    expect(quantile(numbers, 0.5)).toBe(3);
    expect(quantile(numbers, 0.99)).toBe(5);
    expect(quantile(numbers, 0)).toBe(1);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(() => quantile([], 0.5)).toThrow(RangeError);
  });
});

describe('a plot', () => {
  it('shows what was not measured as such, and no markup of a label', () => {
    const points = [
      ['<b>', 2],
      ['other', null],
    ] as const;
    const svg = plotSvg({ kind: 'bars', title: 'a & b', x: '', y: '×', series: [{ name: 'one', points }] });
    expect(svg).toContain('&lt;b&gt;');
    expect(svg).toContain('>–<');
    expect(svg).not.toMatch(/NaN|Infinity|undefined|<b>/);
  });
});

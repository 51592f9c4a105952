// The report of the API's suite: figures as tables and plots, and the targets.
import type { Outcome, Plot, Series, Table, Target } from '../outcome.ts';
import { median } from '../quantiles.ts';
import type { Figures, Measured, Place } from './measure.ts';
import { DECIDING, type Plan } from './plan.ts';
import { PARTS, type Share } from './shares.ts';
import { SUBJECTS, type SubjectName, WORKS, type WorkName } from './subject.ts';

export function outcomeOf(found: {
  readonly measured: readonly Measured[];
  readonly shares: readonly Share[];
  readonly plan: Plan;
  /** What could not be measured, and why. */
  readonly failures: ReadonlySet<string>;
}): Outcome {
  const { measured, shares, plan, failures } = found;
  return {
    tables: [
      ...(Object.keys(WORKS) as WorkName[]).map((work) => workTable(measured, work)), // the keys of the table
      sharesTable(shares),
    ],
    plots: [
      linesOver(measured, 'latency', 'p50 of a read, one caller', 'read', { callers: 1 }),
      linesOver(measured, 'callers', 'p99 of a read, 20 ms from the database', 'read', { latency: 20 }),
      processorBars(measured),
      sharesPlot(shares),
    ],
    targets: targets(measured, shares),
    notes: [
      ...[...failures].map((failure) => `FAILED, and not measured: ${failure}`),
      `Medians of ${plan.runs} run(s) of ${plan.seconds} s a cell, ${plan.decidingSeconds} s where a target is about it; ${plan.patients.all} patients, of whom ${plan.patients.own} are the caller's and are read.`,
      'PostgreSQL with its default settings (fsync on), 200 connections. Latency is added once a round trip: by neon-local to a request of the Neon driver, by a proxy to what a node-postgres client sends.',
      'Load, servers and database share the cores: at 8 and 32 callers each takes from the others.',
      '“Salus” runs its log beside: queue, Durable Object and tiles in the same process. “Salus, request alone” sends to a stand-in for the queue, so that its processor time is that of requests.',
      "The article's limits of calls count and do not refuse; it encrypts four fields of a patient and Salus eight, for it cannot search what it has encrypted. A one-time code is good there for the moment when it comes, however long bcrypt takes. It hashes passwords with bcrypt (12 rounds), Salus with argon2id (19 MiB), Better Auth with scrypt.",
    ],
    measured: { cells: measured, shares, failures: [...failures] },
  };
}

function figuresOf(
  measured: readonly Measured[],
  subject: SubjectName,
  work: WorkName,
  { callers, latency }: Place,
): Figures | null {
  const found = measured.find(
    (one) =>
      one.subject === subject && one.work === work && one.callers === callers && one.latency === latency,
  );
  return found?.figures ?? null;
}

/** Of all cells, because the processor time of a call hardly depends on distance and company, and its noise does. */
function readProcessor(measured: readonly Measured[], subject: SubjectName): number | null {
  const cells = measured.filter((one) => one.subject === subject && one.work === 'read');
  const times = cells.flatMap(({ figures }) => figures.apiProcessor ?? []);
  return times.length === 0 ? null : median(times);
}

function workTable(measured: readonly Measured[], work: WorkName): Table {
  return {
    title: WORKS[work],
    columns: [
      'who',
      'callers',
      'latency ms',
      'calls/s',
      'p50 ms',
      'p99 ms',
      'API CPU ms',
      'all CPU ms',
      'peak MiB',
      'round trips',
      'statements',
    ],
    rows: measured
      .filter((one) => one.work === work)
      .map(({ subject, callers, latency, figures }) => [
        SUBJECTS[subject],
        callers,
        latency,
        figures.perSecond,
        figures.p50,
        figures.p99,
        figures.apiProcessor,
        figures.allProcessor,
        figures.peakMemory,
        figures.roundTrips,
        figures.statements,
      ]),
  };
}

function sharesTable(shares: readonly Share[]): Table {
  return {
    title: 'what each part takes of a call, in per cent (one caller, no distance)',
    columns: ['call', 'part', 'of its time', "of the API's CPU"],
    rows: shares.map(({ work, part, time, processor }) => [
      work,
      part,
      100 * time,
      processor === null ? null : 100 * processor,
    ]),
  };
}

function linesOver(
  measured: readonly Measured[],
  axis: 'latency' | 'callers',
  title: string,
  work: WorkName,
  fixed: Partial<Place>,
): Plot {
  const cells = measured.filter(
    (one) =>
      one.work === work &&
      (fixed.callers === undefined || one.callers === fixed.callers) &&
      (fixed.latency === undefined || one.latency === fixed.latency),
  );
  const names = [...new Set(cells.map(({ subject }) => subject))];
  const series: Series[] = names.map((name) => ({
    name: SUBJECTS[name],
    points: cells
      .filter(({ subject }) => subject === name)
      .map(({ figures, ...cell }) => [cell[axis], axis === 'latency' ? figures.p50 : figures.p99]),
  }));
  const x = axis === 'latency' ? 'milliseconds to the database' : 'callers at once';
  return { kind: 'lines', title, x, y: 'milliseconds', series };
}

function processorBars(measured: readonly Measured[]): Plot {
  const names: SubjectName[] = ['path', 'article', 'durable', 'worker', 'libraries', 'node'];
  return {
    kind: 'bars',
    title: "the API's CPU milliseconds a call, one caller",
    x: '',
    y: 'ms',
    series: names.map((name) => ({
      name: SUBJECTS[name],
      points: (['read', 'list', 'search'] as const).map((work) => [
        WORKS[work],
        figuresOf(measured, name, work, { callers: 1, latency: 0 })?.apiProcessor ?? null,
      ]),
    })),
  };
}

function sharesPlot(shares: readonly Share[]): Plot {
  const works = [...new Set(shares.map(({ work }) => work))];
  return {
    kind: 'bars',
    title: 'share of a call, in per cent of its time',
    x: '',
    y: '%',
    limit: 25,
    series: works.map((name) => ({
      name,
      points: shares
        .filter(({ work }) => work === name)
        .map(({ part, time }) => [part, Math.max(0, 100 * time)]),
    })),
  };
}

function targets(measured: readonly Measured[], shares: readonly Share[]): Target[] {
  const near = { callers: 1, latency: 0 };
  const { far, farCrowd, nearCrowd } = DECIDING;
  const value = (subject: SubjectName, place: Place, figure: keyof Figures) =>
    figuresOf(measured, subject, 'read', place)?.[figure] ?? null;
  const ratio = (upper: number | null, lower: number | null) =>
    upper === null || lower === null ? null : upper / lower;
  const p50 = value('salus', far, 'p50');
  const processor = readProcessor(measured, 'path');
  const tail = (place: Place) => ratio(value('salus', place, 'p99'), value('worker', place, 'p99'));
  const most = (of: number, what: string, unit: string, measuredValue: number | null): Target => ({
    what,
    bound: 'at most',
    limit: of,
    unit,
    value: measuredValue,
  });
  const least = (of: number, what: string, measuredValue: number | null): Target => ({
    what,
    bound: 'at least',
    limit: of,
    unit: '× as fast',
    value: measuredValue,
  });
  return [
    most(1, 'round trips to the database of a read', '', value('path', near, 'roundTrips')),
    most(1.2, 'p50 of a read, 20 ms from the database', '× that latency', ratio(p50, 20)),
    least(
      1.7,
      "a read beside the article's stack as written, 20 ms from the database",
      ratio(value('article', far, 'p50'), p50),
    ),
    least(2.4, 'a read beside the same with a durable audit', ratio(value('durable', far, 'p50'), p50)),
    most(
      1.6,
      "the API's CPU of a read",
      "× the floor Worker's",
      ratio(processor, readProcessor(measured, 'worker')),
    ),
    most(
      1.2,
      "the API's CPU of a read",
      "× the article's stack's",
      ratio(processor, readProcessor(measured, 'article')),
    ),
    most(2, 'p99 of a read, 32 callers, 20 ms from the database', "× the floor Worker's", tail(farCrowd)),
    most(2, 'p99 of a read, 32 callers, no distance', "× the floor Worker's", tail(nearCrowd)),
    ...PARTS.map((part) =>
      most(
        25,
        `share of ${part} in a call's time, the larger of read and list`,
        '%',
        Math.max(...shares.filter((one) => one.part === part).map(({ time }) => 100 * time)),
      ),
    ),
  ];
}

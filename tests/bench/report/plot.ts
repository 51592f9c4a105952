// Plots as SVG, by hand: bars of labelled values and lines over numbers, both from zero, so that no difference looks larger
// than it is.
import type { Plot, Series } from '../outcome.ts';
import { numberText } from './console.ts';

const COLOURS = ['#0b6e4f', '#c1440e', '#3d5a98', '#8a6d00', '#7a3b8f', '#4d4d4d', '#007c8a', '#b0305c'];
const WIDTH = 860;
const BAR = 18;
const LABELS = 330;
const LINES_HEIGHT = 320;
const MARGIN = { left: 64, right: 24, top: 16, bottom: 44 };

export function plotSvg(plot: Plot): string {
  return plot.kind === 'bars' ? bars(plot) : lines(plot);
}

export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const colour = (at: number) => COLOURS[at % COLOURS.length] ?? '#000000';

function svg(height: number, title: string, content: readonly string[]): string {
  return [
    `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeText(title)}">`,
    ...content,
    '</svg>',
  ].join('\n');
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end' = 'start'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escapeText(content)}</text>`;
}

function valuesOf(plot: Plot): number[] {
  const values = plot.series.flatMap(({ points }) => points.map(([, y]) => y ?? 0));
  return [...values, plot.limit ?? 0];
}

/** One group of bars for each label, one bar for each series. */
function bars(plot: Plot): string {
  const labels = [...new Set(plot.series.flatMap(({ points }) => points.map(([x]) => String(x))))];
  const most = Math.max(...valuesOf(plot)) || 1;
  const scale = (WIDTH - LABELS - 90) / most;
  const group = plot.series.length * BAR + 10;
  const content = labels.flatMap((label, at) => [
    text(LABELS - 8, at * group + (plot.series.length * BAR) / 2 + 5, label, 'end'),
    ...plot.series.flatMap((series, which) =>
      bar(valueAt(series, label), at * group + which * BAR, scale, colour(which)),
    ),
  ]);
  const height = labels.length * group + 8;
  const limit = plot.limit === undefined ? [] : [limitAcross(LABELS + plot.limit * scale, height)];
  return svg(height + legendHeight(plot), plot.title, [...content, ...limit, ...legend(plot, height + 12)]);
}

function bar(value: number | null, y: number, scale: number, fill: string): string[] {
  if (value === null) return [text(LABELS + 4, y + 13, '–')];
  const width = Math.max(1, value * scale);
  return [
    `<rect x="${LABELS}" y="${y}" width="${width.toFixed(1)}" height="${BAR - 3}" fill="${fill}"/>`,
    text(LABELS + width + 5, y + 12, numberText(value)),
  ];
}

function limitAcross(x: number, height: number): string {
  return `<line class="limit" x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="0" y2="${height}"/>`;
}

function valueAt({ points }: Series, label: string): number | null {
  return points.find(([x]) => String(x) === label)?.[1] ?? null;
}

function lines(plot: Plot): string {
  const xs = [...new Set(plot.series.flatMap(({ points }) => points.map(([x]) => Number(x))))].toSorted(
    (a, b) => a - b,
  );
  const most = Math.max(...valuesOf(plot)) || 1;
  const inner = {
    width: WIDTH - MARGIN.left - MARGIN.right,
    height: LINES_HEIGHT - MARGIN.top - MARGIN.bottom,
  };
  // Evenly, because what is compared (1, 8, 32 connections; 0 to 80 ms) is chosen and not sampled.
  const x = (value: number) => MARGIN.left + (xs.indexOf(value) / Math.max(1, xs.length - 1)) * inner.width;
  const y = (value: number) => MARGIN.top + inner.height * (1 - value / most);
  const axes = [
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
      `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(share * most)}" y2="${y(share * most)}"/>`,
      text(MARGIN.left - 6, y(share * most) + 4, numberText(share * most), 'end'),
    ]),
    ...xs.map((value) => text(x(value), LINES_HEIGHT - MARGIN.bottom + 18, numberText(value), 'middle')),
    text(MARGIN.left, LINES_HEIGHT - 8, `${plot.y} over ${plot.x}`),
  ];
  const drawn = plot.series.map((series, at) => line(series, colour(at), x, y));
  const limit =
    plot.limit === undefined
      ? []
      : [
          `<line class="limit" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(plot.limit)}" y2="${y(plot.limit)}"/>`,
        ];
  return svg(LINES_HEIGHT + legendHeight(plot), plot.title, [
    ...axes,
    ...drawn,
    ...limit,
    ...legend(plot, LINES_HEIGHT + 8),
  ]);
}

function line(
  { points }: Series,
  stroke: string,
  x: (value: number) => number,
  y: (value: number) => number,
): string {
  const measured = points.flatMap(([at, value]) =>
    value === null ? [] : [[x(Number(at)), y(value)] as const],
  );
  const path = measured.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(' ');
  const dots = measured.map(
    ([px, py]) => `<circle cx="${px.toFixed(1)}" cy="${py.toFixed(1)}" r="3" fill="${stroke}"/>`,
  );
  return `<polyline points="${path}" fill="none" stroke="${stroke}" stroke-width="2"/>${dots.join('')}`;
}

const PER_ROW = 3;

function legendHeight({ series }: Plot): number {
  return series.length < 2 ? 0 : Math.ceil(series.length / PER_ROW) * 20 + 12;
}

function legend({ series }: Plot, top: number): string[] {
  if (series.length < 2) return [];
  return series.flatMap(({ name }, at) => {
    const x = MARGIN.left + (at % PER_ROW) * 260;
    const y = top + Math.floor(at / PER_ROW) * 20;
    return [
      `<rect x="${x}" y="${y}" width="12" height="12" fill="${colour(at)}"/>`,
      text(x + 18, y + 11, name),
    ];
  });
}

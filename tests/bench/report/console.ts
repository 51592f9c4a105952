// The report in a terminal: tables, and each target with its verdict.
import { type Cell, type Outcome, type Table, type Target, verdictOf } from '../outcome.ts';

export function printOutcome(outcome: Outcome): void {
  for (const table of outcome.tables) console.log(`\n${tableText(table)}`);
  if (outcome.targets.length > 0) console.log('');
  for (const target of outcome.targets) console.log(targetText(target));
  if (outcome.notes.length > 0) console.log('');
  for (const note of outcome.notes) console.log(`  ${note}`);
}

const MARKS = { met: '✓ met', missed: '✗ missed', 'not measured': '? not measured' } as const;

export function targetText(target: Target): string {
  const { what, bound, limit, unit, value } = target;
  const measured = value === null ? 'nothing' : numberText(value);
  return `${MARKS[verdictOf(target)].padEnd(14)} ${what}: ${measured} ${unit} (${bound} ${numberText(limit)})`;
}

export function cellText(cell: Cell): string {
  if (cell === null) return '–';
  return typeof cell === 'number' ? numberText(cell) : cell;
}

/** Three significant digits: the fourth is noise. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}

function tableText({ title, columns, rows }: Table): string {
  const texts = [columns, ...rows.map((row) => row.map(cellText))];
  const isNumeric = columns.map((_, at) => rows.some((row) => typeof row[at] === 'number'));
  const widths = columns.map((_, at) => Math.max(...texts.map((row) => (row[at] ?? '').length)));
  const line = (row: readonly string[]) =>
    row
      .map((text, at) => (isNumeric[at] ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  const [head = [], ...body] = texts;
  return [title, '', line(head), rule, ...body.map(line)].join('\n');
}

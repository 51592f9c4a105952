// A table as CSV (RFC 4180). A cell that a spreadsheet would take for a formula is made text by an apostrophe before it
// (ASVS 1.2.10): it would run on the machine of whoever opens the file.
import type { Cell, Section } from './row.ts';

const FORMULA = /^[=+\-@\t\r]/;

export function toCsv({ columns, rows }: Section): string {
  return [columns, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

function field(cell: Cell): string {
  if (typeof cell === 'number') return String(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

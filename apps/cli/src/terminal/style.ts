// Colours, where the terminal has them and NO_COLOR does not forbid them.
import { styleText } from 'node:util';

export function strong(text: string): string {
  return styleText('bold', text);
}

export function faint(text: string): string {
  return styleText('gray', text);
}

export function done(text: string): string {
  return `${styleText('green', '✓')} ${text}`;
}

/** For stderr. */
export function failed(text: string): string {
  return `${styleText('red', '✗', { stream: process.stderr })} ${text}`;
}

/** Columns padded to the widest cell of each. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

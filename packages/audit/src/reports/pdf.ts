// A report as PDF 1.7 (ISO 32000-1), written here: text alone, in Courier, which every reader has (the standard 14 fonts,
// §9.6.2.2), and nothing but ASCII, because a report holds ids, codes and counts (docs/decisions/0008).
import { utf8 } from '../log/bytes.ts';
import type { ReportContent } from './report.ts';
import type { Cell } from './row.ts';

const A4 = { width: 842, height: 595 }; // landscape, in points
const MARGIN = 36;
const SIZE = 8;
const LEADING = 11;
/** Courier's glyphs are 0.6 of its size wide. */
const LINE = Math.floor((A4.width - 2 * MARGIN) / (SIZE * 0.6));
const LINES = Math.floor((A4.height - 2 * MARGIN) / LEADING);

export function toPdf(report: ReportContent): Uint8Array<ArrayBuffer> {
  const lines = linesOf(report);
  const pages = Array.from({ length: Math.ceil(lines.length / LINES) }, (_, at) =>
    lines.slice(at * LINES, (at + 1) * LINES),
  );
  // Objects 1 to 3 are the catalogue, the pages and the font; then two for each page.
  const kids = pages.map((_, at) => `${4 + 2 * at} 0 R`).join(' ');
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>',
    ...pages.flatMap((page, at) => {
      const content = contentOf(page, `${at + 1} / ${pages.length}`);
      return [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${A4.width} ${A4.height}] ` +
          `/Resources << /Font << /F 3 0 R >> >> /Contents ${5 + 2 * at} 0 R >>`,
        `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
      ];
    }),
  ];
  return utf8(fileOf(objects));
}

function fileOf(objects: readonly string[]): string {
  let file = '%PDF-1.7\n';
  const offsets = objects.map((object, at) => {
    const offset = file.length;
    file += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const start = file.length;
  const size = objects.length + 1;
  return `${file}xref\n0 ${size}\n0000000000 65535 f \n${offsets.join('')}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
}

function contentOf(lines: readonly string[], footer: string): string {
  const shown = lines.map((line) => `(${escaped(line)}) Tj T*`);
  const body = `BT /F ${SIZE} Tf ${LEADING} TL ${MARGIN} ${A4.height - MARGIN} Td\n${shown.join('\n')}\nET`;
  return `${body}\nBT /F ${SIZE} Tf ${A4.width - MARGIN - 60} ${MARGIN / 2} Td (${escaped(footer)}) Tj ET`;
}

/** What is not printable ASCII cannot be in a report; if it is, it shows as a question mark. */
const escaped = (text: string) => text.replaceAll(/[^\x20-\x7E]/g, '?').replaceAll(/[\\()]/g, '\\$&');

function linesOf(report: ReportContent): string[] {
  const { id, organizationId, from, until, timeZone, events, checkpoint, earlierCheckpoints, sections } =
    report;
  return [
    'Audit report',
    `Report ${id} of organization ${organizationId}`,
    `From ${from} until ${until}, ${events} events. Time zone ${timeZone}.`,
    '',
    'Made from the checkpoint:',
    ...[...earlierCheckpoints, checkpoint ?? 'none was published yet'].flatMap((note) => note.split('\n')),
    ...sections.flatMap(({ title, note, columns, rows }) => [
      '',
      title,
      note,
      ...table(columns, rows),
      ...(rows.length === 0 ? ['none'] : []),
    ]),
  ].flatMap(wrapped);
}

function table(columns: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  const all = [columns, ...rows].map((row) => row.map(String));
  const widths = columns.map((_, at) => all.reduce((width, row) => Math.max(width, row[at]?.length ?? 0), 0));
  return all.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function wrapped(line: string): string[] {
  const pieces = [];
  for (let at = 0; at < Math.max(line.length, 1); at += LINE) pieces.push(line.slice(at, at + LINE));
  return pieces;
}

import { describe, expect, it } from 'vitest';
import { toPdf } from './pdf.ts';
import type { ReportContent } from './report.ts';

const REPORT: ReportContent = {
  id: '019abc00-0000-7000-8000-000000000001',
  organizationId: '019abc00-0000-7000-8000-0000000000aa',
  from: '2026-11-16T00:00:00.000Z',
  until: '2026-11-23T00:00:00.000Z',
  timeZone: 'America/New_York',
  events: 3,
  checkpoint: 'salus.example/log/x/2026\n3\nAAAA\n\n— salus.example/log/x/2026 BBBB\n',
  earlierCheckpoints: ['salus.example/log/x/2025\n7\nCCCC\n\n— salus.example/log/x/2025 DDDD\n'],
  sections: [
    {
      name: 'summary',
      title: 'Summary',
      note: 'Note.',
      columns: ['kind', 'events'],
      rows: [['phi_access', 3]],
    },
  ],
};

const textOf = (report: ReportContent) => new TextDecoder('latin1').decode(toPdf(report));

it('prints the checkpoint of every log that the report was made from', () => {
  for (const line of ['x/2025) Tj', '(7) Tj', '(CCCC) Tj', 'x/2026) Tj', '(3) Tj', '(AAAA) Tj'])
    expect(textOf(REPORT)).toContain(line);
});

/** The objects that the cross-reference table names, read from where it says that they are. */
function objectsOf(file: string): string[] {
  const start = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(file)?.[1]);
  const [, count = '0', entries = ''] =
    /^xref\n0 (\d+)\n0000000000 65535 f \n([\s\S]*?)trailer\n/.exec(file.slice(start)) ?? [];
  const offsets = entries
    .split('\n')
    .filter(Boolean)
    .map((line) => Number(line.slice(0, 10)));
  expect(offsets).toHaveLength(Number(count) - 1);
  return offsets.map((offset, at) => {
    const object = file.slice(offset, file.indexOf('\nendobj\n', offset));
    expect(object.startsWith(`${at + 1} 0 obj\n`)).toBe(true);
    return object;
  });
}

describe('a report as PDF', () => {
  it('is a file whose table says where each object is, and whose streams are as long as they say', () => {
    const file = textOf(REPORT);
    expect(file.startsWith('%PDF-1.7\n')).toBe(true);
    const objects = objectsOf(file);
    expect(objects[0]).toContain('/Type /Catalog /Pages 2 0 R');
    const streams = objects.filter((object) => object.includes('stream'));
    expect(streams.length).toBeGreaterThan(0);
    for (const stream of streams) {
      const content = /stream\n([\s\S]*)\nendstream$/.exec(stream)?.[1] ?? '';
      expect(stream).toContain(`<< /Length ${content.length} >>`);
    }
  });

  it('says of what it was made, and has every table', () => {
    const file = textOf(REPORT);
    for (const text of [
      REPORT.id,
      REPORT.from,
      REPORT.until,
      'salus.example/log/x/2026',
      'Summary',
      'phi_access  3',
    ]) {
      expect(file).toContain(text);
    }
  });

  it('goes on over as many pages as it takes, with every row on one of them', () => {
    const rows = Array.from({ length: 500 }, (_, at): [string, number] => [`user-${at}.`, at]);
    const file = textOf({
      ...REPORT,
      sections: [{ name: 'x', title: 'X', note: '', columns: ['user', 'n'], rows }],
    });
    const pages = objectsOf(file).filter((object) => object.includes('/Type /Page '));
    expect(pages.length).toBeGreaterThan(8);
    expect(file).toContain(`/Count ${pages.length} `);
    for (const [user] of rows) expect(file).toContain(user);
  });

  it('lets no text out of its string', () => {
    const file = textOf({ ...REPORT, timeZone: ') Tj ET (\\' });
    expect(file).toContain('Time zone \\) Tj ET \\(\\\\.');
    objectsOf(file);
  });

  it('has nothing but ASCII, so that a length in characters is one in bytes', () => {
    const bytes = toPdf({ ...REPORT, timeZone: 'Åé漢' });
    expect(bytes.every((byte) => byte < 128)).toBe(true);
  });
});

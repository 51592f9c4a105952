import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCsv } from './csv.ts';
import type { Cell } from './row.ts';

const csv = (columns: string[], rows: Cell[][]) => toCsv({ name: 'x', title: 'X', note: '', columns, rows });

/** A reader of RFC 4180 of its own: quoted fields, doubled quotes, CRLF. */
function read(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    record.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'));
    if (match[3] === ',') continue;
    records.push(record);
    record = [];
  }
  return records;
}

describe('CSV', () => {
  it('has a header, and ends each line with CRLF', () => {
    expect(csv(['user', 'events'], [['u', 1]])).toBe('user,events\r\nu,1\r\n');
  });

  it('is read back as it was, whatever stands in it', () => {
    const cell = fc.oneof(
      fc.integer(),
      fc.string({ unit: 'binary' }).filter((text) => !/^[=+\-@\t\r]/.test(text)),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 5 }), (rows) => {
        expect(read(csv(['a', 'b'], rows))).toEqual([['a', 'b'], ...rows.map((row) => row.map(String))]);
      }),
    );
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '=HYPERLINK("http://x.example","y")'])(
    'VAL-16: %j is text to a spreadsheet, and no formula',
    (text) => {
      const [, [cell] = []] = read(csv(['a'], [[text]]));
      expect(cell).toBe(`'${text}`);
    },
  );

  it('leaves a negative number a number', () => {
    expect(csv(['a'], [[-1]])).toBe('a\r\n-1\r\n');
  });
});

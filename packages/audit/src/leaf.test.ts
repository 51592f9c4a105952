import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLeafOf, leafOf } from './leaf.ts';
import { type AuditRow, auditRow } from './row.ts';
import { TEST_ROW } from './test-row.ts';

const textOf = async (row: AuditRow) => new TextDecoder().decode(await leafOf(row));

async function sha256Of(text: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(hash)));
}

describe('a leaf', () => {
  it('is the canonical JSON of the row, keys in order and null where the row has nothing', async () => {
    expect(await textOf(TEST_ROW)).toBe(
      '{"actorId":"019abc00-0000-7000-8000-0000000000bb","actorRole":"provider","changes":null,"details":null,' +
        '"fields":["name","birthDate"],"id":"019abc00-0000-7000-8000-000000000001","kind":"phi_access",' +
        '"organizationId":"019abc00-0000-7000-8000-0000000000aa","origin":"AQID","outcome":"success",' +
        '"patientId":"019abc00-0000-7000-8000-0000000000dd","purpose":"TREAT","recordedAt":"2026-11-24T10:11:12.345678Z",' +
        '"requestId":"019abc00-0000-4000-8000-0000000000ee","resource":"patient",' +
        '"resourceId":"019abc00-0000-7000-8000-0000000000dd","sessionId":"019abc00-0000-4000-8000-0000000000cc",' +
        '"type":"patient.read"}',
    );
  });

  it('writes numbers and text as RFC 8785 does', async () => {
    const details = JSON.parse(
      '{"€":"\\u20ac","\\r":"\\n\\u001f\\"","1":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001,-0],"😀":"\\ud83d\\ude00","öx":true}',
    );
    // The example of RFC 8785 §3.2.2 and §3.2.3, in the order of UTF-16 code units.
    expect(await textOf({ ...TEST_ROW, details })).toContain(
      '"details":{"\\r":"\\n\\u001f\\"","1":[333333333.3333333,1e+30,4.5,0.002,1e-27,0],"öx":true,"€":"€","😀":"😀"}',
    );
  });

  it('is the same for the same row, whatever the order of its keys, and after any way through JSON', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.jsonValue(), async (changes, details) => {
        const row = auditRow.parse({ ...TEST_ROW, changes, details });
        const leaf = await leafOf(row);
        const reversed = Object.fromEntries(Object.entries(row).toReversed());
        expect(await leafOf(auditRow.parse(reversed))).toStrictEqual(leaf);
        expect(await leafOf(auditRow.parse(JSON.parse(JSON.stringify(row))))).toStrictEqual(leaf);
        expect(await leafOf(auditRow.parse(JSON.parse(new TextDecoder().decode(leaf))))).toStrictEqual(leaf);
      }),
      { numRuns: 300 },
    );
  });

  it.each(Object.keys(TEST_ROW))('is another one when %s is another', async (key) => {
    expect(await textOf({ ...TEST_ROW, [key]: 'another' })).not.toBe(await textOf(TEST_ROW));
  });

  it('covers a key named __proto__, which somebody could otherwise add unseen', async () => {
    const changed = auditRow.parse({ ...TEST_ROW, details: JSON.parse('{"__proto__":{"reason":"none"}}') });
    expect(await textOf(changed)).not.toBe(await textOf({ ...TEST_ROW, details: {} }));
  });
});

describe('a row that is larger than a leaf', () => {
  // What the leaf has beside the text in `changes`.
  const overhead = async () => (await leafOf({ ...TEST_ROW, changes: '' })).length;

  it('has all of its changes in the leaf up to 65,535 bytes', async () => {
    const changes = 'x'.repeat(65_535 - (await overhead()));
    const leaf = await leafOf({ ...TEST_ROW, changes });
    expect(leaf).toHaveLength(65_535);
    expect(new TextDecoder().decode(leaf)).toContain(changes);
  });

  it('has the SHA-256 of its changes in the leaf past that', async () => {
    const changes = 'x'.repeat(65_536 - (await overhead()));
    expect(await textOf({ ...TEST_ROW, changes })).toBe(
      await textOf({ ...TEST_ROW, changes: { sha256: await sha256Of(`"${changes}"`) } }),
    );
  });

  it('is measured in bytes, not in characters', async () => {
    const leaf = await textOf({ ...TEST_ROW, changes: { new: 'é'.repeat(33_000) } });
    expect(leaf).toContain(`"changes":{"sha256":"${await sha256Of(`{"new":"${'é'.repeat(33_000)}"}`)}"}`);
  });

  it('has the same leaf when its changes are replaced already, on their way here', async () => {
    const row = { ...TEST_ROW, changes: { new: 'x'.repeat(70_000) } };
    const leaf = await leafOf(row);
    const replaced = auditRow.parse(JSON.parse(new TextDecoder().decode(leaf)));
    expect(await leafOf(replaced)).toStrictEqual(leaf);
  });

  it('has none when it is too large without its changes', async () => {
    await expect(leafOf({ ...TEST_ROW, details: 'x'.repeat(70_000) })).rejects.toThrow(RangeError);
  });
});

describe('a row beside a leaf', () => {
  const large = { ...TEST_ROW, changes: { name: { old: null, new: 'x'.repeat(70_000) } } };

  it('is what the leaf says, large or small, or is not', async () => {
    for (const row of [TEST_ROW, large, { ...TEST_ROW, changes: { name: { old: null, new: 'AQ==' } } }]) {
      const leaf = await leafOf(row);
      expect(await isLeafOf(leaf, row)).toBe(true);
      expect(await isLeafOf(leaf, { ...row, type: 'patient.list' })).toBe(false);
      expect(await isLeafOf(leaf, { ...row, changes: null, details: { reason: 'x' } })).toBe(false);
      expect(await isLeafOf(leaf.subarray(1), row)).toBe(false);
    }
    const other = { ...large, changes: { name: { old: null, new: `y${'x'.repeat(69_999)}` } } };
    expect(await isLeafOf(await leafOf(large), other)).toBe(false);
  });

  it('is not when its large changes were replaced by their hash, which makes the same leaf', async () => {
    const leaf = await leafOf(large);
    const replaced = auditRow.parse(JSON.parse(new TextDecoder().decode(leaf)));
    expect(await leafOf(replaced)).toStrictEqual(leaf);
    expect(await isLeafOf(leaf, replaced)).toBe(false);
  });

  it('is not when it holds all of what the leaf has the hash of, and would fit', async () => {
    const small = { ...TEST_ROW, changes: { name: { old: null, new: 'AQ==' } } };
    const sha256 = await sha256Of('{"name":{"new":"AQ==","old":null}}');
    const leaf = await leafOf({ ...small, changes: { sha256 } });
    expect(await isLeafOf(leaf, small)).toBe(false);
  });

  it('is not when no leaf can be made of it', async () => {
    const tooLarge = { ...TEST_ROW, details: 'x'.repeat(70_000) };
    expect(await isLeafOf(await leafOf(TEST_ROW), tooLarge)).toBe(false);
  });
});

it.each(['1e400', '-1e400'])(
  'a number that JSON has and JavaScript has not, as %s, makes no leaf',
  async (number) => {
    const row = auditRow.parse({ ...TEST_ROW, details: JSON.parse(number) });
    await expect(leafOf(row)).rejects.toThrow();
  },
);

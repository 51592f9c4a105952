import { describe, expect, it } from 'vitest';
import { auditRow, yearOf } from './row.ts';
import { TEST_ROW } from './test-row.ts';

const NULLABLE = [
  'actorId',
  'actorRole',
  'sessionId',
  'patientId',
  'resource',
  'resourceId',
  'purpose',
  'fields',
  'origin',
  'changes',
  'details',
] as const;

describe('a row of the trail', () => {
  it('is read as the database gives it out', () => {
    expect(auditRow.parse(TEST_ROW)).toStrictEqual(TEST_ROW);
  });

  it.each(NULLABLE)('may have no %s, which is then null and not absent', (key) => {
    expect(auditRow.safeParse({ ...TEST_ROW, [key]: null }).success).toBe(true);
    const { [key]: _, ...without } = TEST_ROW;
    expect(auditRow.safeParse(without).success).toBe(false);
  });

  it.each(['id', 'organizationId', 'recordedAt', 'kind', 'type', 'outcome', 'requestId'])(
    'always has %s',
    (key) => {
      expect(auditRow.safeParse({ ...TEST_ROW, [key]: null }).success).toBe(false);
    },
  );

  it('has nothing else', () => {
    expect(auditRow.safeParse({ ...TEST_ROW, leafIndex: 1 }).success).toBe(false);
  });

  it.each([
    '2026-11-24T10:11:12.345Z',
    '2026-11-24 10:11:12.345678+00',
    '2026-11-24T10:11:12.345678+00:00',
    '',
  ])('was not recorded at %j', (recordedAt) => {
    expect(auditRow.safeParse({ ...TEST_ROW, recordedAt }).success).toBe(false);
  });

  it.each(['changes', 'details'] as const)('keeps every key of its %s, one named __proto__ too', (column) => {
    const text = '{"__proto__":{"a":1},"constructor":2,"toJSON":3}';
    const row = auditRow.parse({ ...TEST_ROW, [column]: JSON.parse(text) });
    expect(JSON.stringify(row[column])).toBe(text);
  });

  it('belongs to the log of its year in UTC', () => {
    expect(yearOf({ ...TEST_ROW, recordedAt: '2025-12-31T23:59:59.999999Z' })).toBe(2025);
    expect(yearOf({ ...TEST_ROW, recordedAt: '2026-01-01T00:00:00.000000Z' })).toBe(2026);
  });
});

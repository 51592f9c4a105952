import { AUDIT_KINDS, AUDIT_OUTCOMES } from '@salus/schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reportFolds } from './report.ts';
import type { ReportRow, Section } from './row.ts';

const ROW: ReportRow = {
  id: '019abc00-0000-7000-8000-000000000001',
  at: Date.parse('2026-11-24T10:11:12Z'),
  kind: 'phi_access',
  type: 'patient.read',
  outcome: 'success',
  actorId: 'user-1',
  actorRole: 'nurse',
  patientId: 'patient-1',
  purpose: 'TREAT',
  reason: null,
  repeated: 0,
};

function report(rows: readonly Partial<ReportRow>[], timeZone = 'UTC'): Record<string, Section['rows']> {
  const folds = reportFolds(timeZone);
  for (const row of rows) folds.add({ ...ROW, ...row });
  return Object.fromEntries(folds.sections().map(({ name, rows: of }) => [name, of]));
}

describe('AUD-14: whatever the rows are, the totals of a report are theirs', () => {
  const someone = fc.constantFrom('a', 'b', 'c');
  const row: fc.Arbitrary<ReportRow> = fc.record({
    id: fc.uuid(),
    at: fc.integer({ min: 1_700_000_000_000, max: 1_800_000_000_000 }),
    kind: fc.constantFrom(...AUDIT_KINDS),
    type: fc.constantFrom('patient.read', 'patient.list', 'sign_in.password', 'break_glass.create'),
    outcome: fc.constantFrom(...AUDIT_OUTCOMES),
    actorId: fc.option(someone, { nil: null }),
    actorRole: fc.constantFrom('nurse', 'patient', 'job.report'),
    patientId: fc.option(someone, { nil: null }),
    purpose: fc.constantFrom('TREAT', 'BTG', null),
    reason: fc.constantFrom('not_found', null),
    repeated: fc.nat(9),
  });
  const sum = (rows: Section['rows'] | undefined, at: number) =>
    (rows ?? []).reduce((total, cells) => total + Number(cells[at]), 0);

  it('by kind, by user, by patient, by reason and one by one', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), (rows) => {
        const tables = report(rows);
        const count = (holds: (of: ReportRow) => boolean) => rows.filter(holds).length;
        expect(tables.summary?.at(-1)).toEqual(['all', 'all', 'all', rows.length]);
        expect(sum(tables.summary?.slice(0, -1), 3)).toBe(rows.length);
        expect(sum(tables.by_user, 2)).toBe(rows.length);
        expect(sum(tables.by_user, 4)).toBe(count(({ outcome }) => outcome !== 'success'));
        expect(sum(tables.by_patient, 1)).toBe(count(({ patientId }) => patientId !== null));
        expect(sum(tables.failures, 3)).toBe(count(({ outcome }) => outcome !== 'success'));
        expect(tables.emergency_access).toHaveLength(
          count(({ purpose, type }) => purpose === 'BTG' || type === 'break_glass.create'),
        );
      }),
    );
  });

  it.each(['UTC', 'America/New_York', 'Pacific/Auckland', 'Asia/Kolkata'])(
    'and every line is what counting it by itself gives, in %s',
    (timeZone) => {
      const sorted = (rows: Section['rows'] | undefined) =>
        (rows ?? []).map((cells) => cells.join(' ')).toSorted();
      const distinct = (values: readonly (string | null)[]) =>
        new Set(values.filter((value) => value !== null)).size;
      const lines = <K extends string | null>(
        rows: readonly ReportRow[],
        of: (row: ReportRow) => K,
        line: (key: NonNullable<K>, its: readonly ReportRow[]) => readonly (string | number)[],
      ) =>
        [...new Set(rows.map(of))]
          .flatMap((key) =>
            key === null
              ? []
              : [
                  line(
                    key,
                    rows.filter((one) => of(one) === key),
                  ).join(' '),
                ],
          )
          .toSorted();
      const isAtNight = ({ at }: ReportRow) => {
        const local = new Date(`${new Date(at).toLocaleString('sv-SE', { timeZone }).replace(' ', 'T')}Z`);
        return [0, 6].includes(local.getUTCDay()) || local.getUTCHours() < 7 || local.getUTCHours() > 18;
      };
      fc.assert(
        fc.property(fc.array(row, { maxLength: 60 }), (rows) => {
          // One role for each user, as it is in life.
          const known = rows.map((one) => ({ ...one, actorRole: one.actorId === 'c' ? 'patient' : 'nurse' }));
          const tables = report(known, timeZone);
          expect(sorted(tables.by_user)).toEqual(
            lines(
              known,
              ({ actorId, actorRole }) => actorId ?? actorRole,
              (user, its) => [
                ...[
                  user,
                  its[0]?.actorRole ?? '',
                  its.length,
                  distinct(its.map(({ patientId }) => patientId)),
                ],
                its.filter(({ outcome }) => outcome !== 'success').length,
              ],
            ),
          );
          expect(sorted(tables.by_patient)).toEqual(
            lines(
              known,
              ({ patientId }) => patientId,
              (patient, its) => [
                ...[patient, its.length, distinct(its.map(({ actorId }) => actorId))],
                its.filter(({ kind }) => /^phi_(modification|deletion)$/.test(kind)).length,
              ],
            ),
          );
          const failed = known.filter(({ outcome }) => outcome !== 'success');
          expect(sorted(tables.failures)).toEqual(
            lines(
              failed,
              ({ type, outcome, reason }) => `${type} ${outcome} ${reason ?? ''}`,
              (key, its) => [...[key, its.length, its.reduce((total, { repeated }) => total + repeated, 0)]],
            ),
          );
          const nights = known.filter(
            (one) =>
              one.kind.startsWith('phi_') &&
              one.outcome === 'success' &&
              one.actorRole === 'nurse' &&
              isAtNight(one),
          );
          expect(sorted(tables.after_hours)).toEqual(
            lines(
              nights,
              ({ actorId }) => actorId,
              (user, its) => [
                ...[user, 'nurse', its.length, distinct(its.map(({ patientId }) => patientId))],
              ],
            ),
          );
        }),
      );
    },
  );

  it('and the same rows make the same report, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 30 }), (rows) => {
        const { emergency_access: _, ...tables } = report(rows);
        const { emergency_access: __, ...reversed } = report(rows.toReversed());
        // A user's role stands as it was first seen.
        const withoutRole = ({ by_user, after_hours, ...rest }: typeof tables) => ({
          ...rest,
          by_user: by_user?.map(([id, , ...more]) => [id, ...more]),
          after_hours: after_hours?.map(([id, , ...more]) => [id, ...more]),
        });
        expect(withoutRole(reversed)).toEqual(withoutRole(tables));
      }),
    );
  });
});

describe('a report', () => {
  it('counts each user’s patients once, and says who has not signed in', () => {
    const { by_user } = report([
      {},
      {},
      { patientId: 'patient-2' },
      { actorId: null, actorRole: null, outcome: 'denied' },
    ]);
    expect(by_user).toEqual([
      ['user-1', 'nurse', 3, 2, 0],
      ['nobody', '', 1, 1, 1],
    ]);
  });

  it('of failures has what was counted besides', () => {
    const denied = { outcome: 'denied', reason: 'token_missing', type: 'patient.list' } as const;
    expect(report([denied, { ...denied, repeated: 40 }]).failures).toEqual([
      ['patient.list', 'denied', 'token_missing', 2, 40],
    ]);
  });

  it('of emergencies names each', () => {
    expect(report([{ purpose: 'BTG' }, {}]).emergency_access).toEqual([
      ['2026-11-24T10:11:12Z', 'user-1', 'nurse', 'patient-1', 'patient.read', 'BTG', 'success'],
    ]);
  });
});

describe('after hours', () => {
  const at = (text: string) => ({ at: Date.parse(text) });
  const nights = (rows: Partial<ReportRow>[], timeZone: string) =>
    report(rows, timeZone).after_hours?.[0]?.[2] ?? 0;

  it.each([
    ['2026-11-24T06:59:59Z', 'UTC', 1],
    ['2026-11-24T07:00:00Z', 'UTC', 0],
    ['2026-11-24T18:59:59Z', 'UTC', 0],
    ['2026-11-24T19:00:00Z', 'UTC', 1],
    ['2026-11-22T12:00:00Z', 'UTC', 1],
    // Tuesday 23:30 in New York is Wednesday 04:30 in UTC; Monday 08:00 there is still daytime here.
    ['2026-11-25T04:30:00Z', 'America/New_York', 1],
    ['2026-11-23T23:30:00Z', 'America/New_York', 0],
    // The clock goes forward on 8 March 2026: 11:30 UTC is 6:30 before it and 7:30 after.
    ['2026-03-06T11:30:00Z', 'America/New_York', 1],
    ['2026-03-09T11:30:00Z', 'America/New_York', 0],
    // Sunday evening in UTC is Monday morning in Auckland.
    ['2026-11-22T20:30:00Z', 'Pacific/Auckland', 0],
    ['2026-11-20T20:30:00Z', 'Pacific/Auckland', 1],
  ])('%s in %s: %i', (time, timeZone, expected) => {
    expect(nights([at(time)], timeZone)).toBe(expected);
  });

  it('is of staff and of records alone', () => {
    const night = at('2026-11-24T02:00:00Z');
    expect(
      report([
        { ...night, actorRole: 'patient' },
        { ...night, kind: 'authentication', type: 'sign_in.password' },
        { ...night, outcome: 'denied' },
      ]).after_hours,
    ).toEqual([]);
  });
});

import { expect, it } from 'vitest';
import { patientId, reportId } from './id.ts';

it('an id is one text, in whichever letters it was written', () => {
  const id = '01a222d2-dff8-79a8-a675-14b4fa89431e';
  for (const written of [id, id.toUpperCase(), '01a222D2-dff8-79A8-a675-14b4Fa89431E']) {
    expect(patientId.parse(written)).toBe(id);
    expect(reportId.parse(written)).toBe(id);
  }
});

it.each(['', '01a222d2', '{01a222d2-dff8-79a8-a675-14b4fa89431e}', '01a222d2dff879a8a67514b4fa89431e'])(
  '%j is none, though PostgreSQL would take some of these for one',
  (written) => expect(patientId.safeParse(written).success).toBe(false),
);

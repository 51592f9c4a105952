import { newPatient } from '@salus/schema';
import { expect, it } from 'vitest';
import { DEMO_PATIENTS } from './demo-patients.ts';

it('every demo patient is one that the API would take, under a number of its own', () => {
  for (const patient of DEMO_PATIENTS) expect(newPatient.parse(patient)).toEqual(patient);
  expect(new Set(DEMO_PATIENTS.map(({ mrn }) => mrn)).size).toBe(DEMO_PATIENTS.length);
});

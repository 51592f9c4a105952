// For the tests of this package: the smallest patient that is kept, and what becomes of it with something changed.
import type { NewPatient } from '@salus/schema';
import { parsePatient, patientFromFhir } from './patient.ts';

const NOW = Date.UTC(2026, 2, 9, 10, 30);
const V2_0203 = 'http://terminology.hl7.org/CodeSystem/v2-0203';
export const mr = (value: string, more = {}) => ({
  type: { coding: [{ system: V2_0203, code: 'MR' }] },
  value,
  ...more,
});
export const ss = (value: string, more = {}) => ({
  type: { coding: [{ system: V2_0203, code: 'SS' }] },
  value,
  ...more,
});
const smallest = {
  resourceType: 'Patient',
  id: 'p1',
  identifier: [mr('A-1')],
  name: [{ family: 'Lee', given: ['Ann'] }],
  birthDate: '1980-05-29',
};

/** What becomes of the smallest patient with some elements replaced: the patient or the reason, and the notes as text. */
export function convert(elements: object): { patient?: NewPatient; skipped?: string; notes: string[] } {
  const { notes, ...outcome } = patientFromFhir(parsePatient({ ...smallest, ...elements }), NOW);
  return { ...outcome, notes: notes.map(({ code, location }) => `${code} ${location}`) };
}

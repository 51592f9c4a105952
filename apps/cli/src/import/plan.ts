// What is to be done with the patients of an input, decided before anything is stored.
import { isDeepStrictEqual } from 'node:util';
import type { SkipReason } from '@salus/fhir';
import type { DisclosedPatient, NewPatient } from '@salus/schema';
import type { Found } from './bundle-file.ts';

export interface Candidate {
  readonly file: string;
  readonly location: string;
  readonly patient: NewPatient;
}

export interface Plan {
  readonly candidates: readonly Candidate[];
  readonly skipped: readonly { readonly file: string; readonly location: string; readonly reason: Skip }[];
  /** How many parts of the patients to be stored have no place in Salus. */
  readonly notes: number;
}

/** `mrn_repeated`: an earlier patient of the input has the medical record number. */
export type Skip = SkipReason | 'mrn_repeated';

export function planOf(found: readonly Found[]): Plan {
  const candidates: Candidate[] = [];
  const skipped: Plan['skipped'][number][] = [];
  const numbers = new Set<string>();
  let notes = 0;
  for (const { file, location, conversion } of found) {
    if ('skipped' in conversion) {
      skipped.push({ file, location, reason: conversion.skipped });
    } else if (numbers.has(conversion.patient.mrn)) {
      skipped.push({ file, location, reason: 'mrn_repeated' });
    } else {
      numbers.add(conversion.patient.mrn);
      notes += conversion.notes.length;
      candidates.push({ file, location, patient: conversion.patient });
    }
  }
  return { candidates, skipped, notes };
}

/**
 * What the input says otherwise than the record. A field that the input leaves out says nothing, so an import never removes
 * one.
 */
export function differences(stored: DisclosedPatient, incoming: NewPatient): Partial<NewPatient> {
  return Object.fromEntries(
    Object.entries(incoming).filter(
      ([field, value]) => !isDeepStrictEqual(value, stored[field as keyof NewPatient]), // a key of NewPatient
    ),
  );
}

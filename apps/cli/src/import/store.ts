// Stores one patient, if it is not there. Safe to run again: the medical record number, which is unique in an organization,
// tells whether it is.
import { setTimeout as sleep } from 'node:timers/promises';
import { type CallOptions, SalusError, type SalusErrorCode } from '@salus/client';
import type { DisclosedPatient, NewPatient, PatientId, PurposeOfUse } from '@salus/schema';
import { differences } from './plan.ts';

export type Outcome =
  | { readonly kind: 'created' | 'present' | 'updated' }
  /** Nothing was changed. Only the names of the fields are told. */
  | { readonly kind: 'differs'; readonly fields: readonly string[] }
  /** The number belongs to a record that this account may not see. */
  | { readonly kind: 'not_visible' }
  | { readonly kind: 'failed'; readonly code: SalusErrorCode };

/** The calls of the typed client that an import needs. */
export interface PatientCalls {
  create(patient: NewPatient, options: CallOptions): Promise<unknown>;
  search(
    query: Pick<NewPatient, 'mrn'>,
    options: CallOptions,
  ): Promise<{ items: readonly { id: PatientId }[] }>;
  get(of: { id: PatientId }, options: CallOptions): Promise<DisclosedPatient>;
  update(
    change: Partial<NewPatient> & Pick<DisclosedPatient, 'id' | 'version'>,
    options: CallOptions,
  ): Promise<unknown>;
}

export interface StoreOptions {
  readonly patients: PatientCalls;
  readonly purpose: PurposeOfUse;
  /** Changes a record that differs to what the input says. */
  readonly update: boolean;
}

const PASSING: readonly SalusErrorCode[] = ['throttled', 'unavailable', 'network'];
const ATTEMPTS = 6;
const PAUSE = 500;

export async function store(patient: NewPatient, options: StoreOptions): Promise<Outcome> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await storeOnce(patient, options);
    } catch (error) {
      if (!(error instanceof SalusError)) throw error;
      // Whatever became of the last attempt, the next one finds it.
      if (!PASSING.includes(error.code) || attempt === ATTEMPTS) return { kind: 'failed', code: error.code };
      await sleep(PAUSE * 2 ** (attempt - 1));
    }
  }
}

async function storeOnce(patient: NewPatient, { patients, purpose, update }: StoreOptions): Promise<Outcome> {
  try {
    await patients.create(patient, { purpose });
    return { kind: 'created' };
  } catch (error) {
    if (!(error instanceof SalusError && error.code === 'mrn_taken')) throw error;
  }
  const { items } = await patients.search({ mrn: patient.mrn }, { purpose });
  const [found] = items;
  if (!found) return { kind: 'not_visible' };
  const stored = await patients.get({ id: found.id }, { purpose });
  const changed = differences(stored, patient);
  const fields = Object.keys(changed);
  if (fields.length === 0) return { kind: 'present' };
  if (!update) return { kind: 'differs', fields };
  await patients.update({ ...changed, id: stored.id, version: stored.version }, { purpose });
  return { kind: 'updated' };
}

// Patients: create, read, list, search, change.
import { createPatient, listPatients, readPatient, searchPatients, updatePatient } from '@salus/db';
import {
  disclosedPatient,
  newPatient,
  pageOf,
  pageRequest,
  patient,
  patientChange,
  patientField,
  patientId,
  patientSearch,
} from '@salus/schema';
import * as z from 'zod';
import { phi } from '../procedures/phi.ts';
import { t } from '../trpc.ts';

export const patients = t.router({
  create: phi({
    resource: 'patient',
    action: 'create',
    roundTrips: 1,
    input: newPatient,
    output: patient.schema,
    fields: (input) => Object.keys(input),
  }).mutation(({ call, grant, input }) => createPatient(call, grant, input)),

  /** One patient: the fields that are asked for, or all that the caller's role and purpose grant. */
  get: phi({
    resource: 'patient',
    action: 'read',
    roundTrips: 1,
    input: z.strictObject({ id: patientId, fields: z.array(patientField).min(1).max(20).optional() }),
    output: disclosedPatient,
    fields: ({ fields }) => fields,
  }).query(({ call, grant, input }) => readPatient(call, grant, input.id)),

  /** The patients that the caller may see, oldest record first. */
  list: phi({
    resource: 'patient',
    action: 'list',
    roundTrips: 1,
    input: pageRequest,
    output: pageOf(disclosedPatient),
  }).query(({ call, grant, input }) => listPatients(call, grant, input)),

  /** Patients by MRN, SSN, e-mail address, telephone number, or name with date of birth. */
  search: phi({
    resource: 'patient',
    action: 'search',
    roundTrips: 1,
    input: patientSearch,
    output: pageOf(disclosedPatient),
    by: ({ cursor, limit, ...query }) => Object.keys(query),
  }).query(({ call, grant, input }) => searchPatients(call, grant, input)),

  update: phi({
    resource: 'patient',
    action: 'update',
    roundTrips: { patientKeyAtHand: 1, otherwise: 2 },
    input: patientChange,
    output: patient.schema.pick({ id: true, version: true }),
    fields: ({ id, version, ...changed }) =>
      Object.entries(changed).flatMap(([name, value]) => (value === undefined ? [] : [name])),
  }).mutation(({ call, grant, input }) => updatePatient(call, grant, input)),
});

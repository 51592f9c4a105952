// What must not compile in a program that uses the client. `tsc` checks this file: an expected error that does not come is
// an error.
import type { PatientId } from '@salus/schema';
import { createSalusClient } from './client.ts';

const salus = createSalusClient({ url: 'http://127.0.0.1:8787' });
declare const id: PatientId;

const patient = await salus.patients.get({ id, fields: ['name', 'birthDate'] }, { purpose: 'TREAT' });
export const family: string | undefined = patient.name?.family;
export const version: number = patient.version;

// @ts-expect-error a purpose of use is not optional
await salus.patients.get({ id });
// @ts-expect-error nor is what is in it
await salus.patients.get({ id }, {});
// @ts-expect-error nor is it any text
await salus.patients.get({ id }, { purpose: 'CURIOSITY' });
// @ts-expect-error no field has this name
await salus.patients.get({ id, fields: ['fullName'] }, { purpose: 'TREAT' });
// @ts-expect-error a patient has no such property
export const none = patient.fullName;
// @ts-expect-error the name of a field is misspelt
await salus.patients.update({ id, version: 1, birthdate: '1980' }, { purpose: 'TREAT' });
const unnumbered = { name: { family: 'Lee', given: ['Ann'] }, birthDate: '1980', sex: 'female' as const };
// @ts-expect-error a new patient has a medical record number
await salus.patients.create(unnumbered, { purpose: 'TREAT' });
// @ts-expect-error there is no such procedure
await salus.patients.remove({ id }, { purpose: 'TREAT' });
// @ts-expect-error signing in takes a second factor
await salus.signIn({ email: 'a@b.example', password: 'x' });
// @ts-expect-error procedures of signing in are not called by hand
await salus.auth.signIn({ email: 'a@b.example', password: 'x' }, { purpose: 'TREAT' });

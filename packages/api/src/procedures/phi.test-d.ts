// What must not compile in a router. `tsc` checks this file: an expected error that does not come is an error.
import { readPatient } from '@salus/db';
import { disclosedPatient, patientId } from '@salus/schema';
import * as z from 'zod';
import { phi } from './phi.ts';

const declared = {
  resource: 'patient',
  action: 'read',
  roundTrips: 1,
  input: z.strictObject({ id: patientId }),
  output: disclosedPatient,
} as const;

export const sound = phi(declared).query(({ call, grant, input }) => readPatient(call, grant, input.id));

// @ts-expect-error a procedure says which resource it touches, and so which roles may
phi({ action: 'read', roundTrips: 1, input: declared.input, output: declared.output });
// @ts-expect-error and by which action
phi({ resource: 'patient', roundTrips: 1, input: declared.input, output: declared.output });
// @ts-expect-error and how often it goes to the database
phi({ resource: 'patient', action: 'read', input: declared.input, output: declared.output });
// @ts-expect-error of a resource that the policy knows
phi({ ...declared, resource: 'invoice' });
// @ts-expect-error it answers with what was disclosed, and with nothing that was not
phi(declared).query(async ({ input }) => ({ id: input.id, version: 1 }));
phi({ ...declared, resource: 'care_team' }).query(({ call, grant, input }) =>
  // @ts-expect-error a grant for another resource opens nothing here
  readPatient(call, grant, input.id),
);
// @ts-expect-error there is no way to leave a step out
phi(declared).use(() => undefined);

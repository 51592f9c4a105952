// Who takes part in a patient's care. A provider or a nurse sees a record only while this row stands.
import * as z from 'zod';
import { patientId, userId } from './datatypes/id.ts';
import { operational } from './field.ts';
import { defineResource } from './resource.ts';

export const careTeam = defineResource({
  name: 'care_team',
  table: 'care_team',
  sealedUnder: 'account_key',
  fields: {
    patientId: operational('uuid', patientId),
    userId: operational('uuid', userId),
    assignedAt: operational('timestamptz', z.iso.datetime()),
    assignedBy: operational('uuid', userId),
  },
});

/** A user to put on, or take off, a patient's care team. */
export const careTeamMember = careTeam.schema.pick({ patientId: true, userId: true });

export type CareTeamMember = z.output<typeof careTeamMember>;

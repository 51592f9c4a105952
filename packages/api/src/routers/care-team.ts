// Who takes part in a patient's care.
import { assignToCareTeam, removeFromCareTeam } from '@salus/db';
import { careTeamMember } from '@salus/schema';
import { phi } from '../procedures/phi.ts';
import { t } from '../trpc.ts';

export const careTeam = t.router({
  assign: phi({
    resource: 'care_team',
    action: 'create',
    roundTrips: 1,
    input: careTeamMember,
    output: careTeamMember,
  }).mutation(({ call, grant, input }) => assignToCareTeam(call, grant, input)),

  remove: phi({
    resource: 'care_team',
    action: 'delete',
    roundTrips: 1,
    input: careTeamMember,
    output: careTeamMember,
  }).mutation(({ call, grant, input }) => removeFromCareTeam(call, grant, input)),
});

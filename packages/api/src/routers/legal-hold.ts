// Legal holds: what is held is not destroyed.
import { listLegalHolds, placeLegalHold, releaseLegalHold } from '@salus/db';
import { legalHold, newLegalHold, pageOf, pageRequest } from '@salus/schema';
import { phi } from '../procedures/phi.ts';
import { t } from '../trpc.ts';

const named = legalHold.schema.pick({ id: true });

export const legalHolds = t.router({
  place: phi({
    resource: 'legal_hold',
    action: 'create',
    roundTrips: 1,
    input: newLegalHold,
    output: named,
  }).mutation(({ call, grant, input }) => placeLegalHold(call, grant, input)),

  release: phi({
    resource: 'legal_hold',
    action: 'update',
    roundTrips: 1,
    input: named,
    output: named,
  }).mutation(({ call, grant, input }) => releaseLegalHold(call, grant, input.id)),

  list: phi({
    resource: 'legal_hold',
    action: 'list',
    roundTrips: 1,
    input: pageRequest,
    output: pageOf(legalHold.schema),
  }).query(({ call, grant, input }) => listLegalHolds(call, grant, input)),
});

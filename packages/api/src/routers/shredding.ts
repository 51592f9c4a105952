// Destroying a patient's record, by two people.
import { approveShredding, cancelShredding, listShreddings, requestShredding } from '@salus/db';
import { newShredding, pageOf, pageRequest, shredding } from '@salus/schema';
import { phi } from '../procedures/phi.ts';
import { t } from '../trpc.ts';

const named = shredding.schema.pick({ id: true });

export const shreddings = t.router({
  request: phi({
    resource: 'shredding',
    action: 'create',
    roundTrips: 1,
    input: newShredding,
    output: named,
  }).mutation(({ call, grant, input }) => requestShredding(call, grant, input)),

  /** By somebody else than the requester. There is no way back. */
  approve: phi({
    resource: 'shredding',
    action: 'update',
    roundTrips: 1,
    input: named,
    output: named,
  }).mutation(({ call, grant, input }) => approveShredding(call, grant, input.id)),

  cancel: phi({
    resource: 'shredding',
    action: 'delete',
    roundTrips: 1,
    input: named,
    output: named,
  }).mutation(({ call, grant, input }) => cancelShredding(call, grant, input.id)),

  list: phi({
    resource: 'shredding',
    action: 'list',
    roundTrips: 1,
    input: pageRequest,
    output: pageOf(shredding.schema),
  }).query(({ call, grant, input }) => listShreddings(call, grant, input)),
});

// Alerts: what somebody has to look at, and who has.
import { acknowledgeAlert, listAlerts } from '@salus/db';
import { alert, pageOf, pageRequest } from '@salus/schema';
import { phi } from '../procedures/phi.ts';
import { t } from '../trpc.ts';

const named = alert.schema.pick({ id: true });

export const alerts = t.router({
  list: phi({
    resource: 'alert',
    action: 'list',
    roundTrips: 1,
    input: pageRequest,
    output: pageOf(alert.schema),
  }).query(({ call, grant, input }) => listAlerts(call, grant, input)),

  /** In the caller's name, once. */
  acknowledge: phi({
    resource: 'alert',
    action: 'update',
    roundTrips: 1,
    input: named,
    output: named,
  }).mutation(({ call, grant, input }) => acknowledgeAlert(call, grant, input.id)),
});

// The audit trail, for the privacy officer.
import { searchAuditEvents } from '@salus/db';
import { auditSearch, disclosedAuditEvent, pageOf } from '@salus/schema';
import { phi } from '../procedures/phi.ts';
import { t } from '../trpc.ts';

export const audit = t.router({
  /** Who did what to which record, when, why and with what outcome: the newest first. */
  search: phi({
    resource: 'audit_event',
    action: 'search',
    roundTrips: 1,
    input: auditSearch,
    output: pageOf(disclosedAuditEvent),
  }).query(({ call, grant, input }) => searchAuditEvents(call, grant, input)),
});

// Disclosures to others, for the privacy officer and for the patient whose information it was.
import { accountForDisclosures, recordDisclosure } from '@salus/db';
import { accountedDisclosure, disclosure, disclosureAccount, newDisclosure, pageOf } from '@salus/schema';
import { phi } from '../procedures/phi.ts';
import { t } from '../trpc.ts';

export const disclosures = t.router({
  /** Notes a disclosure that was made outside the system. */
  record: phi({
    resource: 'disclosure',
    action: 'create',
    roundTrips: 1,
    input: newDisclosure,
    output: disclosure.schema.pick({ id: true }),
  }).mutation(({ call, grant, input }) => recordDisclosure(call, grant, input)),

  /** The accounting of disclosures (45 CFR 164.528): those of the last six years that a patient has a right to know of. */
  account: phi({
    resource: 'disclosure',
    action: 'list',
    roundTrips: 1,
    input: disclosureAccount,
    output: pageOf(accountedDisclosure),
  }).query(({ call, grant, input }) => accountForDisclosures(call, grant, input)),
});

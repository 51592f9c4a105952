// Every resource there is, for whatever has to go through all of them: inventory, sealing anew, de-identification.
import { alert } from './alert.ts';
import { auditEvent } from './audit-event.ts';
import { careTeam } from './care-team.ts';
import { destination } from './destination.ts';
import { disclosure } from './disclosure.ts';
import { legalHold } from './legal-hold.ts';
import { organization } from './organization.ts';
import { patient } from './patient.ts';
import { report } from './report.ts';
import type { Resource } from './resource.ts';
import { session } from './session.ts';
import { shredding } from './shredding.ts';
import { user } from './user.ts';

export const RESOURCES: readonly Resource[] = [
  alert,
  auditEvent,
  careTeam,
  destination,
  disclosure,
  legalHold,
  organization,
  patient,
  report,
  session,
  shredding,
  user,
];

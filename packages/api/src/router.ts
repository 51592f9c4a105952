// Everything that can be called. A resource has one line here.
import { alerts } from './routers/alert.ts';
import { accessLog, audit } from './routers/audit-event.ts';
import { auth } from './routers/auth.ts';
import { careTeam } from './routers/care-team.ts';
import { disclosures } from './routers/disclosure.ts';
import { legalHolds } from './routers/legal-hold.ts';
import { patients } from './routers/patient.ts';
import { reports } from './routers/report.ts';
import { shreddings } from './routers/shredding.ts';
import { t } from './trpc.ts';

export const appRouter = t.router({
  auth,
  patients,
  careTeam,
  audit,
  accessLog,
  disclosures,
  reports,
  legalHolds,
  shreddings,
  alerts,
});

export type AppRouter = typeof appRouter;

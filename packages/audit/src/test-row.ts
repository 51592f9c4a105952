// For tests: a row of the trail as salus.audit_row() gives it out.
import type { AuditRow } from './row.ts';

export const TEST_ROW: AuditRow = {
  id: '019abc00-0000-7000-8000-000000000001',
  organizationId: '019abc00-0000-7000-8000-0000000000aa',
  recordedAt: '2026-11-24T10:11:12.345678Z',
  kind: 'phi_access',
  type: 'patient.read',
  outcome: 'success',
  actorId: '019abc00-0000-7000-8000-0000000000bb',
  actorRole: 'provider',
  sessionId: '019abc00-0000-4000-8000-0000000000cc',
  patientId: '019abc00-0000-7000-8000-0000000000dd',
  resource: 'patient',
  resourceId: '019abc00-0000-7000-8000-0000000000dd',
  purpose: 'TREAT',
  fields: ['name', 'birthDate'],
  requestId: '019abc00-0000-4000-8000-0000000000ee',
  origin: 'AQID',
  changes: null,
  details: null,
};

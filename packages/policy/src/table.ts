// The policy, as a table that a privacy officer can read: minimum necessary (45 CFR 164.502(b), 164.514(d)) by role,
// purpose of use and action. What is not written here is refused.
import type {
  alert as alertResource,
  auditEvent,
  careTeam,
  disclosure as disclosureResource,
  FieldName,
  legalHold,
  PatientField,
  Role,
  report as reportResource,
  shredding as shreddingResource,
} from '@salus/schema';
import type { Rule } from './rule.ts';

/** Enough to tell one patient from another in a list. */
const SUMMARY = ['id', 'version', 'mrn', 'name', 'birthDate', 'sex'] as const satisfies PatientField[];

/** What a person can be reached by. */
const CONTACT = ['email', 'phone', 'address'] as const satisfies PatientField[];

const EVERYTHING = [...SUMMARY, 'ssn', ...CONTACT] as const satisfies PatientField[];

/** What a professional claim (CMS-1500, items 2 to 5) asks of the patient's identity. */
const CLAIM = [...SUMMARY, 'address', 'phone'] as const satisfies PatientField[];

/** Seconds for which a second factor counts as fresh where a rule asks for one. */
const FRESH = 15 * 60;

const patient: Partial<Record<Role, Rule<PatientField>>> = {
  provider: {
    purposes: ['TREAT'],
    relationship: 'care_team',
    actions: {
      create: EVERYTHING,
      read: EVERYTHING,
      list: SUMMARY,
      search: SUMMARY,
      update: EVERYTHING,
    },
  },
  nurse: {
    purposes: ['TREAT'],
    relationship: 'care_team',
    actions: { read: [...SUMMARY, ...CONTACT], list: SUMMARY, search: SUMMARY },
  },
  billing: {
    purposes: ['HPAYMT'],
    relationship: 'organization',
    actions: { read: CLAIM, list: SUMMARY, search: SUMMARY },
  },
  patient: {
    purposes: ['PATRQT'],
    relationship: 'self',
    actions: { read: EVERYTHING, list: SUMMARY, update: CONTACT },
  },
  admin: {
    purposes: ['HOPERAT'],
    relationship: 'organization',
    secondFactorWithin: FRESH,
    actions: {
      create: EVERYTHING,
      read: EVERYTHING,
      list: SUMMARY,
      search: SUMMARY,
      update: EVERYTHING,
    },
  },
};

const MEMBERSHIP = ['patientId', 'userId'] as const satisfies FieldName<typeof careTeam>[];

const care_team: Partial<Record<Role, Rule<FieldName<typeof careTeam>>>> = {
  provider: {
    purposes: ['TREAT'],
    relationship: 'care_team',
    actions: { create: MEMBERSHIP, delete: MEMBERSHIP },
  },
  admin: {
    purposes: ['HOPERAT'],
    relationship: 'organization',
    secondFactorWithin: FRESH,
    actions: { create: MEMBERSHIP, delete: MEMBERSHIP },
  },
};

const TRAIL = [
  'id',
  'recordedAt',
  'kind',
  'type',
  'outcome',
  'actorId',
  'actorRole',
  'sessionId',
  'patientId',
  'resource',
  'resourceId',
  'purpose',
  'fields',
  'requestId',
  'origin',
  'details',
] as const satisfies FieldName<typeof auditEvent>[];

const ACCESS = [
  'id',
  'recordedAt',
  'type',
  'outcome',
  'actorId',
  'actorRole',
  'purpose',
  'fields',
] as const satisfies FieldName<typeof auditEvent>[];

const audit_event: Partial<Record<Role, Rule<FieldName<typeof auditEvent>>>> = {
  privacy_officer: {
    purposes: ['HOPERAT'],
    relationship: 'organization',
    actions: { read: TRAIL, search: TRAIL },
  },
  // Who opened their own record (migration 0012 says which events those are).
  patient: {
    purposes: ['PATRQT'],
    relationship: 'self',
    actions: { read: ACCESS, list: ACCESS },
  },
};

const ACCOUNT = [
  'id',
  'patientId',
  'disclosedAt',
  'reason',
  'recipient',
  'recipientAddress',
  'description',
  'withheldUntil',
] as const satisfies FieldName<typeof disclosureResource>[];

/** 45 CFR 164.528: who answers for it notes what went out; the patient may ask to whom. */
const disclosure: Partial<Record<Role, Rule<FieldName<typeof disclosureResource>>>> = {
  privacy_officer: {
    purposes: ['HOPERAT'],
    relationship: 'organization',
    actions: { create: ACCOUNT, list: ACCOUNT },
  },
  patient: { purposes: ['PATRQT'], relationship: 'self', actions: { list: ACCOUNT } },
};

const REPORT = [
  'id',
  'trigger',
  'periodFrom',
  'periodUntil',
  'events',
  'checkpointSize',
  'checkpointRoot',
  'createdBy',
  'createdAt',
  'sentAt',
] as const satisfies FieldName<typeof reportResource>[];

const reporting: Rule<FieldName<typeof reportResource>> = {
  purposes: ['HOPERAT'],
  relationship: 'organization',
  actions: { create: REPORT, read: REPORT, list: REPORT },
};

/** 45 CFR 164.308(a)(1)(ii)(D): information system activity review. */
const report: Partial<Record<Role, typeof reporting>> = {
  privacy_officer: reporting,
  admin: { ...reporting, secondFactorWithin: FRESH },
};

const HOLD = [
  'id',
  'patientId',
  'reason',
  'matter',
  'placedBy',
  'placedAt',
  'releasedBy',
  'releasedAt',
] as const satisfies FieldName<typeof legalHold>[];

const holds: Rule<FieldName<typeof legalHold>> = {
  purposes: ['HOPERAT'],
  relationship: 'organization',
  secondFactorWithin: FRESH,
  actions: { create: HOLD, update: HOLD, list: HOLD },
};

const legal_hold: Partial<Record<Role, typeof holds>> = { privacy_officer: holds, admin: holds };

const REQUEST = [
  'id',
  'patientId',
  'reason',
  'requestedBy',
  'requestedAt',
  'decidedBy',
  'decidedAt',
  'outcome',
] as const satisfies FieldName<typeof shreddingResource>[];

/** Two people are needed, whichever of these they are: the database holds the approver against the requester. */
const shreds: Rule<FieldName<typeof shreddingResource>> = {
  purposes: ['HOPERAT'],
  relationship: 'organization',
  secondFactorWithin: FRESH,
  actions: { create: REQUEST, update: REQUEST, delete: REQUEST, list: REQUEST },
};

const shredding: Partial<Record<Role, typeof shreds>> = { privacy_officer: shreds, admin: shreds };

const ALERT = [
  'id',
  'rule',
  'subject',
  'count',
  'raisedAt',
  'lastEventAt',
  'acknowledgedAt',
  'acknowledgedBy',
] as const satisfies FieldName<typeof alertResource>[];

const watches: Rule<FieldName<typeof alertResource>> = {
  purposes: ['HOPERAT'],
  relationship: 'organization',
  actions: { list: ALERT, update: ['acknowledgedAt', 'acknowledgedBy'] },
};

const alert: Partial<Record<Role, typeof watches>> = {
  privacy_officer: watches,
  admin: { ...watches, secondFactorWithin: FRESH },
};

export const POLICY = {
  patient,
  care_team,
  audit_event,
  disclosure,
  report,
  legal_hold,
  shredding,
  alert,
} as const;

export type PolicyResource = keyof typeof POLICY;

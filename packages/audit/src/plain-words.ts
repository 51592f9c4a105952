// The trail in plain words, for the person whose record it is about: who did what, why, and how it ended, without a code or a
// term of the trade. One line for each event that can stand in a patient's own list; adding one without words does not compile.
import type { AuditOutcome, PatientField, PurposeOfUse, Role } from '@salus/schema';
import type { EVENT_KINDS } from './events.ts';

/** Kinds of event that a patient sees of their own record (migration 0012 shows these and no others). */
type Shown = 'phi_access' | 'phi_modification' | 'phi_deletion' | 'authorization';
type ShownEvent = {
  [T in keyof typeof EVENT_KINDS]: (typeof EVENT_KINDS)[T] extends Shown ? T : never;
}[keyof typeof EVENT_KINDS];

/** What was done, and what was tried when it came to nothing. */
export const EVENT_WORDS: Readonly<Record<ShownEvent, readonly [did: string, tried: string]>> = {
  'patient.create': ['registered you', 'register you'],
  'patient.read': ['opened your record', 'open your record'],
  'patient.list': ['saw you in a list of patients', 'see you in a list of patients'],
  'patient.search': ['found you in a search', 'find you in a search'],
  'patient.update': ['changed your record', 'change your record'],
  'care_team.create': ['added somebody to your care team', 'add somebody to your care team'],
  'care_team.delete': ['took somebody off your care team', 'take somebody off your care team'],
  'audit_event.read': [
    'read who has seen your record, with proof',
    'read who has seen your record, with proof',
  ],
  'audit_event.list': ['read who has seen your record', 'read who has seen your record'],
  'audit_event.search': ['looked through who has seen your record', 'look through who has seen your record'],
  'disclosure.create': [
    'noted that your information was given to somebody',
    'note that your information was given away',
  ],
  'disclosure.list': ['read to whom your information was given', 'read to whom your information was given'],
  'report.create': [
    'had a report made of who has seen records',
    'have a report made of who has seen records',
  ],
  'report.read': ['read a report of who has seen records', 'read a report of who has seen records'],
  'report.list': ['read which reports there are', 'read which reports there are'],
  'report.send': ['sent a report of who has seen records', 'send a report of who has seen records'],
  'legal_hold.list': ['read which records must be kept', 'read which records must be kept'],
  'organization.shred': ['destroyed all records of the practice', 'destroy all records of the practice'],
  'shredding.create': ['asked for your record to be destroyed', 'ask for your record to be destroyed'],
  'shredding.update': ['had your record destroyed', 'have your record destroyed'],
  'shredding.delete': [
    'withdrew a request to destroy your record',
    'withdraw a request to destroy your record',
  ],
  'alert.list': ['read what has to be looked at', 'read what has to be looked at'],
  'shredding.list': ['read which records are to be destroyed', 'read which records are to be destroyed'],
};

const PURPOSE_WORDS: Readonly<Record<PurposeOfUse, string>> = {
  TREAT: 'to treat you',
  HPAYMT: 'to have your care paid for',
  HOPERAT: 'to run the practice',
  PATRQT: 'because you asked for it',
  ETREAT: 'to treat you in an emergency',
  BTG: 'in an emergency, in which the usual limits were set aside',
  PUBHLTH: 'for public health',
  HRESCH: 'for research',
  HLEGAL: 'for a legal proceeding',
};

const ROLE_WORDS: Readonly<Record<Role, string>> = {
  admin: 'administrator',
  provider: 'doctor or other clinician',
  nurse: 'nurse',
  billing: 'billing staff',
  patient: 'patient',
  privacy_officer: 'privacy officer',
};

const FIELD_WORDS: Readonly<Record<PatientField, string | null>> = {
  id: null,
  version: null,
  mrn: 'record number',
  name: 'name',
  birthDate: 'date of birth',
  sex: 'sex',
  ssn: 'social security number',
  email: 'e-mail address',
  phone: 'telephone number',
  address: 'postal address',
};

const OUTCOME_WORDS: Readonly<Record<AuditOutcome, string>> = {
  success: 'done',
  denied: 'refused',
  failed: 'did not work',
};

export interface Deed {
  readonly type: string;
  readonly outcome: AuditOutcome;
  readonly purpose: string | null;
  readonly fields: readonly string[] | null;
  readonly actorRole: string | null;
  /** What the actor is called; null when there is no such account any more, or never was. */
  readonly actorName: string | null;
  /** Whether the reader did it. */
  readonly byReader: boolean;
}

export interface PlainWords {
  readonly who: string;
  readonly role: string | null;
  readonly what: string;
  readonly fields: string[];
  readonly why: string | null;
  readonly outcome: string;
  readonly sentence: string;
}

export function plainWordsOf(deed: Deed): PlainWords {
  const who = whoIn(deed);
  const role = deed.byReader ? null : wordFor(ROLE_WORDS, deed.actorRole);
  const [did, tried] = wordFor(EVENT_WORDS, deed.type) ?? ['used your record', 'use your record'];
  const what = deed.outcome === 'success' ? did : `tried to ${tried}`;
  const why = wordFor(PURPOSE_WORDS, deed.purpose);
  const end = { success: '', denied: ', and was refused', failed: ', and it did not work' }[deed.outcome];
  return {
    who,
    role,
    what,
    fields: (deed.fields ?? []).flatMap((field) => wordsForField(field)),
    why,
    outcome: OUTCOME_WORDS[deed.outcome],
    sentence: `${who}${role === null ? '' : ` (${role})`} ${what}${why === null ? '' : `, ${why}`}${end}.`,
  };
}

function whoIn({ actorName, actorRole, byReader }: Deed): string {
  if (byReader) return 'You';
  if (actorName !== null) return actorName;
  return actorRole?.startsWith('job.') ? 'An automatic task' : 'Somebody without an account';
}

/** A field's words; of one that has none, its name taken apart: `planName` is `plan name`. */
function wordsForField(field: string): string[] {
  if (!Object.hasOwn(FIELD_WORDS, field))
    return [field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)];
  const word = wordFor(FIELD_WORDS, field);
  return word === null ? [] : [word];
}

/** The line of a table, if the text names one of its own. */
function wordFor<K extends string, V>(table: Readonly<Record<K, V>>, text: string | null): V | null {
  return text !== null && Object.hasOwn(table, text) ? table[text as K] : null; // a key, as just checked
}

import { expect, it } from 'vitest';
import { AUDIT_EVENT_IDS, AUDIT_EVENT_TYPES, codingOf, EVENT_CODES } from './event-codes.ts';
import { EVENT_KINDS, isEventType } from './events.ts';

/** The actions that DICOM PS3.15 A.5.3 lets a message of each event have. */
const ACTIONS: Record<keyof typeof AUDIT_EVENT_IDS, string> = {
  audit_log_used: 'R',
  export: 'R',
  patient_record: 'CRUD',
  query: 'E',
  security_alert: 'E',
  user_authentication: 'E',
};

it('codes every event that there is, and no other', () => {
  expect(Object.keys(EVENT_CODES).toSorted()).toEqual(Object.keys(EVENT_KINDS).toSorted());
});

it.each(Object.keys(EVENT_KINDS).filter(isEventType))('%s has codes that go together', (type) => {
  const { event, action } = EVENT_CODES[type];
  expect(ACTIONS[event]).toContain(action);
  const coding = codingOf(type);
  expect(coding.type).toEqual({
    system: 'http://dicom.nema.org/resources/ontology/DCM',
    code: expect.stringMatching(/^1101(0\d|1[0-4])$/),
    display: expect.any(String),
  });
  expect(coding.subtype.at(-1)).toMatchObject({ code: type });
  for (const { system, code } of coding.subtype.slice(0, -1)) {
    expect(system).toBe(coding.type.system);
    expect(code).toMatch(/^1101(2\d|3\d|4[0-2])$/);
  }
});

it('tells a person who signs in from one who is refused for a security reason, in any reader of DICOM codes', () => {
  const codes = (type: 'sign_in.password' | 'refresh.reused' | 'patient.read' | 'audit_event.search') =>
    codingOf(type).type.code;
  expect(codes('sign_in.password')).toBe('110114');
  expect(codes('refresh.reused')).toBe('110113');
  expect(codes('patient.read')).toBe('110110');
  expect(codes('audit_event.search')).toBe('110101');
});

it('uses each code for one thing', () => {
  const all = [...Object.values(AUDIT_EVENT_IDS), ...Object.values(AUDIT_EVENT_TYPES)].map(([code]) => code);
  expect(new Set(all).size).toBe(all.length);
});

import { AUDIT_KINDS } from '@salus/schema';
import { expect, it } from 'vitest';
import { EVENT_KINDS, isEventType } from './events.ts';

it('knows every event by its type, and nothing that objects merely inherit', () => {
  for (const type of Object.keys(EVENT_KINDS)) expect(isEventType(type)).toBe(true);
  for (const text of ['', 'patient', 'patient.read ', 'toString', '__proto__', 'constructor']) {
    expect(isEventType(text)).toBe(false);
  }
});

it('puts every event under a kind that the database takes', () => {
  for (const kind of Object.values(EVENT_KINDS)) expect(AUDIT_KINDS).toContain(kind);
});

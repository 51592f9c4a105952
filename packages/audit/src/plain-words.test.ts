import { AUDIT_OUTCOMES, PURPOSES_OF_USE, ROLES } from '@salus/schema';
import { describe, expect, it } from 'vitest';
import { EVENT_WORDS, plainWordsOf } from './plain-words.ts';

const DEED = {
  type: 'patient.read',
  outcome: 'success',
  purpose: 'TREAT',
  fields: ['id', 'name', 'birthDate'],
  actorRole: 'nurse',
  actorName: 'Ada Example',
  byReader: false,
} as const;

describe('an event in plain words', () => {
  it('says who did what, and why', () => {
    expect(plainWordsOf(DEED)).toEqual({
      who: 'Ada Example',
      role: 'nurse',
      what: 'opened your record',
      fields: ['name', 'date of birth'],
      why: 'to treat you',
      outcome: 'done',
      sentence: 'Ada Example (nurse) opened your record, to treat you.',
    });
  });

  it.each([
    [
      { ...DEED, outcome: 'denied' },
      'Ada Example (nurse) tried to open your record, to treat you, and was refused.',
    ],
    [
      { ...DEED, outcome: 'failed', type: 'patient.update' },
      'Ada Example (nurse) tried to change your record, to treat you, and it did not work.',
    ],
    [
      { ...DEED, byReader: true, type: 'audit_event.list', actorRole: 'patient', purpose: 'PATRQT' },
      'You read who has seen your record, because you asked for it.',
    ],
    [
      { ...DEED, actorName: null, actorRole: 'job.report', purpose: null },
      'An automatic task opened your record.',
    ],
    [
      { ...DEED, actorName: null, actorRole: null, purpose: null },
      'Somebody without an account opened your record.',
    ],
  ] as const)('%j', (deed, sentence) => {
    expect(plainWordsOf(deed).sentence).toBe(sentence);
  });

  it('uses no code and no name of a thing in the system, whatever it tells', () => {
    for (const type of Object.keys(EVENT_WORDS)) {
      for (const outcome of AUDIT_OUTCOMES) {
        for (const purpose of Object.keys(PURPOSES_OF_USE)) {
          for (const actorRole of ROLES) {
            const { sentence } = plainWordsOf({ ...DEED, type, outcome, purpose, actorRole });
            expect(sentence).toMatch(/^Ada Example \([a-z ]+\) [a-z -]+, [a-z ,]+\.$/);
          }
        }
      }
    }
  });

  it('makes sense of what it does not know, and of what objects merely inherit', () => {
    expect(
      plainWordsOf({ ...DEED, type: 'toString', purpose: 'constructor', fields: ['planName'] }),
    ).toMatchObject({
      what: 'used your record',
      why: null,
      fields: ['plan name'],
    });
  });
});

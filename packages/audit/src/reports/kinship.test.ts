import { describe, expect, it } from 'vitest';
import { kinship, kinshipOf, pairs } from './kinship.ts';
import type { ReportRow } from './row.ts';

const person = (family: string, given: string[] = ['Ada'], email: string | null = null) => ({
  name: { family, given },
  email,
});
const employee = (displayName: string, email = 'staff@clinic.example') => ({ displayName, email });

describe('whether a record may be one’s own or a relative’s', () => {
  it.each([
    ['Ada Example', person('Example', ['Grace']), 'same family name'],
    ['Ada Example', person('Example', ['Ada']), 'own record'],
    ['Dr. ADA EXAMPLE', person('example', ['ada']), 'own record'],
    ['Luis Ordonez', person('Ordóñez', ['María']), 'same family name'],
    ['Jan van der Berg', person('van der Berg', ['Eva']), 'same family name'],
    ['Jan Berg', person('van der Berg', ['Eva']), null],
    ['Ada Example', person('Other', ['Ada']), null],
    ['Ada Example', person('ample', ['Ada']), null],
    ['Example', person('Example', ['Ada']), 'same family name'],
  ] as const)('%s and %j: %s', (displayName, of, expected) => {
    expect(
      kinshipOf(employee(displayName), {
        ...of,
        name: { family: of.name.family, given: [...of.name.given] },
      }),
    ).toBe(expected);
  });

  it('an e-mail address in common is one person', () => {
    expect(
      kinshipOf(employee('Ada Example', 'Ada@Mail.example'), person('Other', [], 'ada@mail.example')),
    ).toBe('own record');
    expect(kinshipOf(employee('Ada Example'), person('Other', [], null))).toBeNull();
  });
});

it('pairs are counted of staff who have used a record', () => {
  const row: ReportRow = {
    id: '1',
    at: 0,
    kind: 'phi_access',
    type: 'patient.read',
    outcome: 'success',
    actorId: 'u',
    actorRole: 'nurse',
    patientId: 'p',
    purpose: 'TREAT',
    reason: null,
    repeated: 0,
  };
  const met = pairs();
  for (const more of [{}, {}, { patientId: 'q' }, { actorRole: 'patient' }, { outcome: 'denied' } as const])
    met.add({ ...row, ...more });
  expect(met.pairs()).toEqual([
    { userId: 'u', patientId: 'p', events: 2 },
    { userId: 'u', patientId: 'q', events: 1 },
  ]);
});

it('the table has ids and no name, and says how much was compared', () => {
  const { rows, note } = kinship([{ userId: 'u', patientId: 'p', events: 2, kinship: 'own record' }], {
    pairs: 7,
    of: 9,
  });
  expect(rows).toEqual([['u', 'p', 'own record', 2]]);
  expect(note).toContain('7 of 9');
});

// The eleven bundles of ../shared/data/synthea, each a transaction as Synthea writes it. They lie outside the repository,
// so this reads them from a file system; a missing folder is a failure and not a reason to pass.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isPatient, parseBundle } from './bundle.ts';
import { patientFromFhir } from './patient.ts';

const FOLDER = new URL('../../../../shared/data/synthea/', import.meta.url);

const converted = readdirSync(FOLDER)
  .toSorted()
  .map((file) => {
    const { entries } = parseBundle(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')));
    const [entry, ...others] = entries.filter(({ resource }) => isPatient(resource));
    if (!entry || !isPatient(entry.resource)) throw new Error(`${file} has no patient`);
    return { file, entries, others, location: entry.location, conversion: patientFromFhir(entry.resource) };
  });

describe('the bundles of Synthea', () => {
  it('are eleven, of one patient each, who comes first', () => {
    expect(converted).toHaveLength(11);
    for (const { location, others } of converted) {
      expect(location).toBe('Bundle.entry[0].resource');
      expect(others).toHaveLength(0);
    }
  });

  it('keep the type and the id of what is not read', () => {
    const counts = Map.groupBy(
      converted.flatMap(({ entries }) => entries),
      ({ resource }) => resource.resourceType,
    );
    // Counted in the files themselves: `grep -o '"resourceType": *"Claim"' *.json | wc -l` and so on, nested ones aside.
    expect(Object.fromEntries([...counts].map(([type, entries]) => [type, entries.length]))).toMatchObject({
      Patient: 11,
      Observation: 575,
      Claim: 98,
      Encounter: 82,
    });
    expect(
      converted.flatMap(({ entries }) => entries).every(({ resource }) => resource.id !== undefined),
    ).toBe(true);
  });

  it.each(converted)(
    '$file: the patient is kept, with every identifier and contact',
    ({ file, conversion }) => {
      if (!('patient' in conversion)) throw new Error(conversion.skipped);
      expect(conversion.patient).toMatchObject({
        mrn: file.replace('.json', ''),
        ssn: expect.stringMatching(/^999-\d{2}-\d{4}$/),
        phone: expect.stringMatching(/^555-\d{3}-\d{4}$/),
        birthDate: expect.stringMatching(/^19\d{2}-\d{2}-\d{2}$/),
        address: { line: [expect.any(String)], state: 'Massachusetts', country: 'US' },
      });
      expect(conversion.patient).not.toHaveProperty('email');
    },
  );
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testDirectory } from '../test-directory.ts';
import { bundleFileOf, readBundleFile } from './bundle-file.ts';

const NOW = Date.UTC(2026, 10, 24);

function bundle(...resources: unknown[]): string {
  return JSON.stringify({
    resourceType: 'Bundle',
    type: 'collection',
    entry: resources.map((resource) => ({ resource })),
  });
}

const patient = (birthDate: unknown) => ({
  resourceType: 'Patient',
  identifier: [
    {
      type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }] },
      value: 'M1',
    },
  ],
  name: [{ family: 'Canary', given: ['Carla'] }],
  birthDate,
});

describe('a file with a bundle', () => {
  it('gives its patients with their places, and counts the rest', () => {
    const read = bundleFileOf('a.json', bundle({ resourceType: 'Observation' }, patient('1980')), NOW);
    expect(read).toMatchObject({
      found: [{ file: 'a.json', location: 'Bundle.entry[1].resource' }],
      others: 1,
    });
  });

  it('is refused whole when one patient in it is malformed, by place and not by value', () => {
    const read = bundleFileOf('a.json', bundle(patient('1980'), patient('Canary-date')), NOW);
    expect(read).toEqual({
      file: 'a.json',
      fault: 'malformed_patient',
      location: 'Bundle.entry[1].resource.birthDate',
    });
  });

  it('is refused when it is no JSON, without a word of what it holds', () => {
    const read = bundleFileOf('a.json', '{"name": Canary', NOW);
    expect(read).toEqual({ file: 'a.json', fault: 'not_json', location: 'file' });
  });

  it('is refused when it is not there, or not UTF-8', async () => {
    const file = join(await testDirectory(), 'latin1.json');
    await writeFile(file, Buffer.from('"Ord\xf3\xf1ez"', 'latin1'));
    expect(await readBundleFile(file, NOW)).toMatchObject({ fault: 'not_utf_8' });
    expect(await readBundleFile(`${file}.none`, NOW)).toMatchObject({ fault: 'not_readable' });
  });
});

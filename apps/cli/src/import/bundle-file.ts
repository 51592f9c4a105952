// A file with a FHIR R4 bundle, read whole before anything of it is stored. What is wrong is told by file and place, and never
// by value: the parser's own words would repeat a part of the record.
import { readFile } from 'node:fs/promises';
import { FhirError, isPatient, type PatientConversion, parseBundle, patientFromFhir } from '@salus/fhir';

export interface Found {
  readonly file: string;
  /** Where in the file, such as `Bundle.entry[3].resource`. */
  readonly location: string;
  readonly conversion: PatientConversion;
}

export type BundleFile =
  | { readonly found: readonly Found[] /** Resources of other types. */; readonly others: number }
  | { readonly file: string; readonly fault: string; readonly location: string };

export async function readBundleFile(file: string, now: number): Promise<BundleFile> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (error) {
    const unreadable = error instanceof Error && 'syscall' in error;
    return { file, fault: unreadable ? 'not_readable' : 'not_utf_8', location: 'file' };
  }
  return bundleFileOf(file, text, now);
}

/** @param now milliseconds since the epoch */
export function bundleFileOf(file: string, text: string, now: number): BundleFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { file, fault: 'not_json', location: 'file' };
  }
  try {
    const { entries } = parseBundle(json);
    const found = entries.flatMap(({ location, resource }) =>
      isPatient(resource) ? [{ file, location, conversion: patientFromFhir(resource, now) }] : [],
    );
    return { found, others: entries.length - found.length };
  } catch (error) {
    if (!(error instanceof FhirError)) throw error;
    return { file, fault: error.code, location: error.location };
  }
}

// The one error of this package. It names what is wrong and where, as a FHIRPath such as `Bundle.entry[3].resource.birthDate`,
// and never holds a value: what is read here is a person's record, and an error ends in a terminal or a log.

export type FhirErrorCode =
  /** Not a JSON object whose resourceType is Bundle. */
  | 'not_a_bundle'
  /** A Bundle of a kind that does not carry resources to read, such as a history or a response. */
  | 'unsupported_bundle'
  /** An entry, or the resource in it, is not one. */
  | 'malformed_entry'
  /** An element of a Patient is not what FHIR R4 says. */
  | 'malformed_patient';

export class FhirError extends Error {
  override readonly name = 'FhirError';
  readonly code: FhirErrorCode;
  /** Where, as a FHIRPath from the root that was parsed. */
  readonly location: string;

  constructor(code: FhirErrorCode, location: string) {
    super(`${code} at ${location}`);
    this.code = code;
    this.location = location;
  }
}

/** The FHIRPath of an element: `Bundle` and `['entry', 3, 'resource']` make `Bundle.entry[3].resource`. */
export function locationOf(root: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (location, step) => (typeof step === 'number' ? `${location}[${step}]` : `${location}.${String(step)}`),
    root,
  );
}

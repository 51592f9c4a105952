// FHIR R4 Bundle, as far as it carries patients. Everything Salus reads is checked before anything is returned, so a
// malformed file is refused as a whole; elements it does not read may hold what they like, as FHIR allows.
import * as z from 'zod';
import { FhirError, type FhirErrorCode, locationOf } from './error.ts';
import { type FhirPatient, parsePatient } from './patient.ts';

const RESOURCE_TYPE = /^[A-Z][A-Za-z]*$/;

/** The kinds of Bundle that hand over resources as they now stand. */
const CARRIES_RESOURCES = ['transaction', 'batch', 'collection', 'searchset'] as const;

const bundle = z.looseObject({
  resourceType: z.literal('Bundle'),
  type: z.enum(CARRIES_RESOURCES),
  entry: z
    .array(
      z.looseObject({
        fullUrl: z.string().optional(),
        resource: z
          .looseObject({
            resourceType: z.string().regex(RESOURCE_TYPE),
            id: z.string().optional(),
          })
          .optional(),
      }),
    )
    .default([]),
});

/** A resource of another type: what it is, and nothing of what it says. */
export interface OtherResource {
  readonly resourceType: string;
  readonly id?: string | undefined;
}

export interface BundleEntry {
  /** Where it stands, such as `Bundle.entry[3].resource`. */
  readonly location: string;
  readonly fullUrl?: string;
  readonly resource: FhirPatient | OtherResource;
}

export interface Bundle {
  readonly type: (typeof CARRIES_RESOURCES)[number];
  /** The entries with a resource, in their order; one without asks for something and hands over nothing. */
  readonly entries: readonly BundleEntry[];
}

/** Reads parsed JSON as a Bundle, or throws a FhirError that says where it is not one. */
export function parseBundle(json: unknown): Bundle {
  const parsed = bundle.safeParse(json);
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path ?? [];
    throw new FhirError(codeOf(path), locationOf('Bundle', path));
  }
  const entries = parsed.data.entry.flatMap(({ fullUrl, resource }, index) => {
    if (!resource) return [];
    const location = locationOf('Bundle', ['entry', index, 'resource']);
    return [
      { location, ...(fullUrl !== undefined && { fullUrl }), resource: readResource(resource, location) },
    ];
  });
  return { type: parsed.data.type, entries };
}

export function isPatient(resource: FhirPatient | OtherResource): resource is FhirPatient {
  return resource.resourceType === 'Patient';
}

function readResource(resource: OtherResource, location: string): FhirPatient | OtherResource {
  if (resource.resourceType === 'Patient') return parsePatient(resource, location);
  return { resourceType: resource.resourceType, id: resource.id };
}

function codeOf([step]: readonly PropertyKey[]): FhirErrorCode {
  if (step === 'entry') return 'malformed_entry';
  return step === 'type' ? 'unsupported_bundle' : 'not_a_bundle';
}

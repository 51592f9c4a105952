// What a field is, once and for all. Encryption, projection, search, audit, redaction and de-identification are derived
// from this and stated nowhere else. Identifier kinds are the eighteen of the Safe Harbor method, 45 CFR 164.514(b)(2)(i).

export const SAFE_HARBOR_KINDS = [
  'name',
  'geographic_subdivision',
  'date',
  'telephone_number',
  'fax_number',
  'email_address',
  'social_security_number',
  'medical_record_number',
  'health_plan_beneficiary_number',
  'account_number',
  'certificate_or_licence_number',
  'vehicle_identifier',
  'device_identifier',
  'url',
  'ip_address',
  'biometric_identifier',
  'full_face_photograph',
  'other_unique_identifier',
] as const;

export type SafeHarborKind = (typeof SAFE_HARBOR_KINDS)[number];

export type FieldClass =
  /** Names a person, by itself or with others. Sealed. */
  | { readonly kind: 'identifier'; readonly safeHarbor: SafeHarborKind }
  /** Says something of a person's health or care. Sealed. */
  | { readonly kind: 'clinical' }
  /** Says something of payment for care. Sealed. */
  | { readonly kind: 'financial' }
  /** Psychotherapy notes (164.501) and substance use records (42 CFR 2). Sealed, and granted to nobody by default. */
  | { readonly kind: 'restricted' }
  /** Proves who somebody is. Never on the wire. Sealed, unless it is already a one-way hash. */
  | { readonly kind: 'credential' }
  /** Needed to run the system and says nothing of a person: opaque ids, versions, states, times of the record itself. */
  | { readonly kind: 'operational' };

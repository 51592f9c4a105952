// Leaves as the log gets them: the canonical JSON of an audit row, of the size that a read of a patient has.
const encoder = new TextEncoder();

/** @param serial makes it another event; the id is a UUID made of it */
export function event(serial: number): { readonly id: string; readonly leaf: Uint8Array<ArrayBuffer> } {
  const tail = serial.toString(16).padStart(12, '0');
  const id = `019abc00-0000-7000-8000-${tail}`;
  const leaf = encoder.encode(
    JSON.stringify({
      actorId: '019abc00-0000-7000-8000-0000000000bb',
      actorRole: 'provider',
      changes: null,
      details: null,
      fields: ['id', 'version', 'mrn', 'name', 'birthDate', 'sex', 'ssn', 'email', 'phone', 'address'],
      id,
      kind: 'phi_access',
      organizationId: '019abc00-0000-7000-8000-0000000000aa',
      origin: 'AQAAAAGc3fQ2m1y8Jk0PzS4r9bT6uVwXeYhZaLpQoRnMiDkEfGhIjKlMnOpQrStUvWxYz0123456789abcdef',
      outcome: 'success',
      patientId: `019abc00-0000-7000-9000-${tail}`,
      purpose: 'TREAT',
      recordedAt: '2026-11-24T10:11:12.345678Z',
      requestId: `019abc00-0000-4000-a000-${tail}`,
      resource: 'patient',
      resourceId: `019abc00-0000-7000-9000-${tail}`,
      sessionId: '019abc00-0000-4000-8000-0000000000cc',
      type: 'patient.read',
    }),
  ) as Uint8Array<ArrayBuffer>; // an encoder's memory is its own
  return { id, leaf };
}

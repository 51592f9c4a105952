// An account of somebody who works with an organization, or of a patient who reads their own record. The e-mail address
// is what signs in, so it is unique over the whole deployment and not only within an organization.
import * as z from 'zod';
import { emailAddress } from './datatypes/email-address.ts';
import { patientId, userId } from './datatypes/id.ts';
import { text } from './datatypes/text.ts';
import { credential, credentialHash, identifier, operational } from './field.ts';
import { defineResource } from './resource.ts';
import { roleSchema } from './role.ts';

export const user = defineResource({
  name: 'user',
  table: 'users',
  sealedUnder: 'account_key',
  fields: {
    id: operational('uuid', userId),
    role: operational('text', roleSchema),
    email: identifier('email_address', emailAddress),
    displayName: identifier('name', text({ max: 200 })),
    /** The record that is this user's own (role `patient`). */
    patientId: operational('uuid', patientId.optional()),
    /** argon2id, as a PHC string. */
    passwordHash: credentialHash(z.string()),
    /** Base32 seed of the one-time codes (RFC 6238). */
    totpSecret: credential(z.string()),
    /** The last time step that was accepted: no code works twice. */
    totpLastStep: operational('bigint', z.int().nonnegative().optional()),
    disabledAt: operational('timestamptz', z.iso.datetime().optional()),
  },
});

export type User = z.output<typeof user.schema>;

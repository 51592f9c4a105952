// Where an organization's trail, alerts and reports go outside. No PHI goes there: a vendor needs no agreement for opaque ids,
// codes and counts (45 CFR 164.308(b)). Set up from the command line alone.
import * as z from 'zod';
import { destinationId } from './datatypes/id.ts';
import { credential, operational } from './field.ts';
import { defineResource } from './resource.ts';

/** `ocsf` and `syslog` are SIEMs and take the trail; `webhook` takes alerts, `mail` alerts and reports. */
export const DESTINATION_KINDS = ['ocsf', 'syslog', 'webhook', 'mail'] as const;

/** How a destination knows us: by a signature (Standard Webhooks), or by a token that it has given out. */
export const DESTINATION_AUTHENTICATIONS = ['hmac', 'bearer'] as const;

export const destination = defineResource({
  name: 'destination',
  table: 'destinations',
  sealedUnder: 'account_key',
  fields: {
    id: operational('uuid', destinationId),
    kind: operational('text', z.enum(DESTINATION_KINDS)),
    /** A URL, which may hold a token, or an address of mail. */
    target: credential(z.string().max(2000)),
    authentication: operational('text', z.enum(DESTINATION_AUTHENTICATIONS).optional()),
    /** With `hmac` Base 64 of the key. */
    secret: credential(z.string().max(2000).optional()),
    /** The one before it, while both are in force. */
    previousSecret: credential(z.string().max(2000).optional()),
    /** Whether callers' addresses and agents go along. */
    withOrigin: operational('boolean', z.boolean()),
    createdAt: operational('timestamptz', z.iso.datetime()),
  },
});

export type Destination = z.output<typeof destination.schema>;
export type DestinationKind = (typeof DESTINATION_KINDS)[number];

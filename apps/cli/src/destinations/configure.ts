// Where an organization's trail and alerts go, set up by whoever holds the owner's connection: the API cannot.
import { randomBytes } from 'node:crypto';
import {
  addDestination,
  DestinationError,
  type DestinationState,
  destinationStates,
  removeDestination,
  replaceSecret,
} from '@salus/db/destinations';
import { destinationOf, OutgoingError } from '@salus/outgoing';
import {
  DESTINATION_AUTHENTICATIONS,
  type DestinationKind,
  destinationId,
  emailAddress,
  organizationId,
} from '@salus/schema';
import type pg from 'pg';
import * as z from 'zod';
import { CommandError, UsageError } from '../errors.ts';
import { asOwner, configuredKeyProviders } from '../owner.ts';
import { readSecret } from '../terminal/secret-input.ts';

/** As Standard Webhooks writes a secret. */
const SECRET_PREFIX = 'whsec_';
const SECRET_BYTES = 32;

export interface Added {
  readonly id: string;
  /** When it was made here: shown once. */
  readonly secret?: string;
}

export interface NewDestinationOptions {
  readonly organization: string;
  readonly kind: DestinationKind;
  readonly target: string;
  /** Absent with mail. */
  readonly authentication?: string | undefined;
  readonly withOrigin?: boolean | undefined;
  readonly history?: boolean | undefined;
  /** Whether a server on this machine will do. */
  readonly allowLoopback?: boolean | undefined;
}

/** @throws UsageError, CommandError */
export async function add(options: NewDestinationOptions): Promise<Added> {
  const organization = idOf(organizationId, options.organization, 'organization');
  requireTarget(options);
  const authentication =
    options.kind === 'mail' ? undefined : authenticationOf(options.authentication ?? 'hmac');
  const made = authentication === 'hmac' ? newSecret() : undefined;
  const secret = made ?? (authentication === 'bearer' ? await readSecret('Token') : undefined);
  const id = await withKeys((connection, providers) =>
    addDestination(connection, providers, {
      organizationId: organization,
      kind: options.kind,
      target: options.target,
      authentication,
      secret,
      withOrigin: options.withOrigin === true,
      history: options.history === true,
    }),
  );
  return { id, ...(made !== undefined && { secret: SECRET_PREFIX + made }) };
}

/** @throws UsageError, CommandError */
export async function remove(organization: string, id: string): Promise<void> {
  const of = idOf(organizationId, organization, 'organization');
  const which = idOf(destinationId, id, 'id');
  await asOwner((connection) => removeDestination(connection, of, which)).catch(explained);
}

/**
 * A new signing secret beside the present one, or the end of the one before.
 * @returns the new one
 * @throws UsageError, CommandError
 */
export async function changeSecret(
  organization: string,
  id: string,
  finish: boolean,
): Promise<string | null> {
  const of = idOf(organizationId, organization, 'organization');
  const which = idOf(destinationId, id, 'id');
  const secret = finish ? null : newSecret();
  await withKeys((connection, providers) =>
    replaceSecret(connection, providers, { organizationId: of, id: which, secret }),
  );
  return secret && SECRET_PREFIX + secret;
}

/** @throws UsageError, CommandError */
export async function states(
  organization: string,
  kinds: readonly DestinationKind[],
): Promise<DestinationState[]> {
  const of = idOf(organizationId, organization, 'organization');
  const all = await withKeys((connection, providers) => destinationStates(connection, providers, of));
  return all.filter(({ kind }) => kinds.includes(kind));
}

async function withKeys<T>(
  work: (connection: pg.Client, providers: Awaited<ReturnType<typeof configuredKeyProviders>>) => Promise<T>,
): Promise<T> {
  const providers = await configuredKeyProviders();
  return asOwner((connection) => work(connection, providers)).catch(explained);
}

function explained(error: unknown): never {
  throw error instanceof DestinationError ? new CommandError(error.message) : error;
}

function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64');
}

function requireTarget({ kind, target, allowLoopback = false }: NewDestinationOptions): void {
  if (kind === 'mail') {
    if (!emailAddress.safeParse(target).success) throw new UsageError('that is no address of mail');
    return;
  }
  try {
    destinationOf(target, { allowLoopback, ownHosts: [] });
  } catch (error) {
    if (!(error instanceof OutgoingError)) throw error;
    throw new UsageError(`nothing is sent there: ${error.message.replaceAll('_', ' ')}`);
  }
}

function authenticationOf(text: string) {
  const parsed = z.enum(DESTINATION_AUTHENTICATIONS).safeParse(text);
  if (!parsed.success)
    throw new UsageError(`--authentication is ${DESTINATION_AUTHENTICATIONS.join(' or ')}`);
  return parsed.data;
}

function idOf<S extends z.ZodType>(schema: S, text: string, option: string): z.output<S> {
  const parsed = schema.safeParse(text);
  if (!parsed.success) throw new UsageError(`--${option} is not an id`);
  return parsed.data;
}

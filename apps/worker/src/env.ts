// What the Worker is bound to (wrangler.toml and secrets), and the check that all of it is there and sound. Faults are
// listed by name, all at once, and never with a value.
import { KeyConfigurationError, type KeySettings, keySettingsOf } from '@salus/crypto';
import * as z from 'zod';
import type { AuditLog } from './audit/audit-log.ts';
import { isSecure, witnessList } from './audit/witness-list.ts';
import { isSecureMailUrl } from './mail/configured.ts';

export interface Env {
  /** `postgres://salus_app:…@host/database` */
  readonly DATABASE_URL: string;
  /** Where to reach SQL over HTTP, when that is not Neon's own: local development and tests. */
  readonly DATABASE_ENDPOINT?: string;
  /** Base 64 of 32 bytes; with another key provider, its variables (docs/key-providers.md). */
  readonly SALUS_ROOT_KEY?: string;
  /** A private JWK set. */
  readonly SALUS_TOKEN_KEYS: string;
  /** Base 64 of a 32-byte Ed25519 seed. */
  readonly LOG_SIGNING_KEY: string;
  /** The key that signed before, as long as verifiers have no other: it goes on signing beside the new one. */
  readonly LOG_PREVIOUS_SIGNING_KEY?: string;
  /** Who cosigns the logs' checkpoints: lines of `witness <name> <verifier key> <URL>`. */
  readonly LOG_WITNESSES?: string;
  readonly LOG_ORIGIN: string;
  readonly ISSUER: string;
  readonly ALLOWED_ORIGINS?: string;
  readonly SALUS_ENVIRONMENT?: string;
  /** `smtps://user:password@host:465`, or `smtp://…:587` with STARTTLS. Absent: no mail is sent. */
  readonly MAIL_URL?: string;
  /** Address of the sender. */
  readonly MAIL_FROM?: string;
  readonly AUDIT_QUEUE: Queue;
  readonly AUDIT_LOG: DurableObjectNamespace<AuditLog>;
  readonly LOG: R2Bucket;
  /** Reports of the trail, each sealed. */
  readonly REPORTS: R2Bucket;
}

/** Canonical Base 64 of 32 bytes: with any other no log would open, and no event come to it. */
const seed = z.string().regex(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/);

const configuration = z
  .object({
    DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
    DATABASE_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
    SALUS_TOKEN_KEYS: z.string().min(1),
    LOG_SIGNING_KEY: seed,
    LOG_PREVIOUS_SIGNING_KEY: seed.optional(),
    LOG_WITNESSES: witnessList,
    LOG_ORIGIN: z.string().regex(/^[a-z0-9.-]+(:\d+)?$/),
    ISSUER: z.url({ protocol: /^https?$/ }),
    ALLOWED_ORIGINS: z
      .string()
      .default('')
      .transform((list) => list.split(' ').filter(Boolean))
      .pipe(z.array(z.string().refine((origin) => URL.parse(origin)?.origin === origin))),
    SALUS_ENVIRONMENT: z.enum(['production', 'development']).default('production'),
    MAIL_URL: z.url({ protocol: /^smtps?$/ }).optional(),
    MAIL_FROM: z.email().optional(),
  })
  // A database over plain HTTP is a local one.
  .refine(
    ({ SALUS_ENVIRONMENT, DATABASE_ENDPOINT, ISSUER }) =>
      SALUS_ENVIRONMENT === 'development' ||
      (!DATABASE_ENDPOINT?.startsWith('http:') && ISSUER.startsWith('https:')),
    { path: ['SALUS_ENVIRONMENT'] },
  )
  .refine(
    ({ SALUS_ENVIRONMENT, MAIL_URL }) =>
      MAIL_URL === undefined || isSecureMailUrl(MAIL_URL, SALUS_ENVIRONMENT === 'development'),
    { path: ['MAIL_URL'] },
  )
  .refine(({ MAIL_URL, MAIL_FROM }) => (MAIL_URL === undefined) === (MAIL_FROM === undefined), {
    path: ['MAIL_FROM'],
  })
  .refine(
    ({ SALUS_ENVIRONMENT, LOG_WITNESSES }) =>
      LOG_WITNESSES.every((witness) => isSecure(witness, SALUS_ENVIRONMENT)),
    { path: ['LOG_WITNESSES'] },
  );

export interface Configuration extends z.output<typeof configuration> {
  /** Who keeps the root key, from the variables that docs/key-providers.md lists. */
  readonly keys: KeySettings;
}

export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly code = 'configuration_invalid';
  /** Names of what is missing or malformed. */
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`missing or malformed: ${faults.join(', ')}`);
    this.faults = faults;
  }
}

/** @throws ConfigurationError */
export function configurationOf(env: Env): Configuration {
  const parsed = configuration.safeParse(env);
  const keys = keysOf(env);
  if (parsed.success && !(keys instanceof KeyConfigurationError)) return { ...parsed.data, keys };
  const malformed = parsed.error?.issues.map((issue) => String(issue.path[0])) ?? [];
  const faults = keys instanceof KeyConfigurationError ? keys.faults : [];
  throw new ConfigurationError([...new Set([...faults, ...malformed])]);
}

function keysOf(env: Env): KeySettings | KeyConfigurationError {
  try {
    return keySettingsOf({ ...env }, { loopback: env.SALUS_ENVIRONMENT === 'development' });
  } catch (error) {
    if (error instanceof KeyConfigurationError) return error;
    throw error;
  }
}

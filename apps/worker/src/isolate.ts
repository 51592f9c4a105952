// What lives as long as the isolate: the checked configuration, the way to the database, keys at hand.
import type { Services } from '@salus/api';
import { tileMemory } from '@salus/audit/log';
import { importSigningKeys } from '@salus/auth';
import { argon2id } from '@salus/auth/argon2id';
import { keyProvidersOf } from '@salus/crypto';
import { connect, createKeyring, type Database, type Keyring } from '@salus/db';
import { logPrefix, logSigners } from './audit/log-keys.ts';
import { objectsUnder } from './audit/objects.ts';
import { createOutbox, type Outbox } from './audit/outbox.ts';
import { witnessesOf } from './audit/witness-list.ts';
import { type Configuration, ConfigurationError, configurationOf, type Env } from './env.ts';
import { mailOf } from './mail/configured.ts';
import type { Mail } from './mail/mail.ts';
import { reportFilesOf } from './reports/files.ts';

export interface Isolate {
  readonly configuration: Configuration;
  readonly database: Database;
  readonly keyring: Keyring;
  readonly outbox: Outbox;
  readonly services: Services;
  /** Null when no mail server is configured. */
  readonly mail: Mail | null;
}

const isolates = new WeakMap<Env, Isolate>();

/** @throws ConfigurationError, KeyConfigurationError, AuthError: nothing is served until the configuration is sound */
export function isolateOf(env: Env): Isolate | Promise<Isolate> {
  return isolates.get(env) ?? start(env);
}

async function start(env: Env): Promise<Isolate> {
  const configuration = configurationOf(env);
  await witnessesOf(configuration.LOG_WITNESSES).catch(() => {
    throw new ConfigurationError(['LOG_WITNESSES']);
  });
  const database = connect({
    url: configuration.DATABASE_URL,
    endpoint: configuration.DATABASE_ENDPOINT,
  });
  const tilesOf = tileMemory();
  const providers = await keyProvidersOf(configuration.keys);
  const isolate: Isolate = {
    configuration,
    database,
    keyring: createKeyring(database, providers, Date.now),
    outbox: createOutbox(env.AUDIT_QUEUE, Date.now),
    mail: mailOf(configuration),
    services: {
      argon2id,
      tokenKeys: await importSigningKeys(configuration.SALUS_TOKEN_KEYS),
      issuer: configuration.ISSUER,
      reportFiles: reportFilesOf(env),
      publishedLog: async (organizationId, year) => {
        const prefix = logPrefix(organizationId, year);
        const signers = await logSigners(env, prefix);
        return {
          verifierKeys: signers.map(({ verifierKey }) => verifierKey),
          read: objectsUnder(env.LOG, prefix).get,
          memory: tilesOf(prefix),
        };
      },
    },
  };
  isolates.set(env, isolate);
  return isolate;
}

// What lives as long as the isolate: the checked configuration, the way to the database, keys at hand.
import type { Services } from '@salus/api';
import { verifierKeyOf } from '@salus/audit/log';
import { importSigningKeys } from '@salus/auth';
import { argon2id } from '@salus/auth/argon2id';
import { fromBase64, keyProviders, localKeyProvider } from '@salus/crypto';
import { connect, createKeyring, type Database, type Keyring } from '@salus/db';
import { objectsUnder } from './audit/objects.ts';
import { type Configuration, configurationOf, type Env } from './env.ts';
import { mailOf } from './mail/configured.ts';
import type { Mail } from './mail/mail.ts';

export interface Isolate {
  readonly configuration: Configuration;
  readonly database: Database;
  readonly keyring: Keyring;
  readonly services: Services;
  /** Null when no mail server is configured. */
  readonly mail: Mail | null;
}

const isolates = new WeakMap<Env, Isolate>();

/** @throws ConfigurationError, AuthError, KeyProviderError: nothing is served until the configuration is sound */
export async function isolateOf(env: Env): Promise<Isolate> {
  const known = isolates.get(env);
  if (known) return known;
  const isolate = await start(env);
  isolates.set(env, isolate);
  return isolate;
}

async function start(env: Env): Promise<Isolate> {
  const configuration = configurationOf(env);
  const database = connect({
    url: configuration.DATABASE_URL,
    endpoint: configuration.DATABASE_ENDPOINT,
  });
  const providers = keyProviders(await localKeyProvider(configuration.SALUS_ROOT_KEY));
  return {
    configuration,
    database,
    keyring: createKeyring(database, providers, Date.now),
    mail: mailOf(configuration),
    services: {
      argon2id,
      tokenKeys: await importSigningKeys(configuration.SALUS_TOKEN_KEYS),
      issuer: configuration.ISSUER,
      publishedLog: async (organizationId, year) => {
        const prefix = `log/${organizationId}/${year}`;
        return {
          verifierKey: await verifierKeyOf(
            `${configuration.LOG_ORIGIN}/${prefix}`,
            fromBase64(configuration.LOG_SIGNING_KEY),
          ),
          read: objectsUnder(env.LOG, prefix).get,
        };
      },
    },
  };
}

// The secrets of a deployment, made at random. There is no default for any of them.
import { randomBytes } from 'node:crypto';
import { newSigningKeys } from '@salus/auth';
import * as z from 'zod';
import { CommandError } from '../errors.ts';
import { readIfThere, writePrivately } from '../state-directory.ts';

/** Named as the Worker's bindings are. */
const secrets = z.strictObject({
  SALUS_ROOT_KEY: z.base64(),
  SALUS_TOKEN_KEYS: z.string().min(1),
  LOG_SIGNING_KEY: z.base64(),
});

/** What a developer's machine keeps besides: the password that the Worker connects with. */
const localSecrets = secrets.extend({ SALUS_APP_PASSWORD: z.string().min(16) });

export type Secrets = z.output<typeof secrets>;
export type LocalSecrets = z.output<typeof localSecrets>;

const KEY_BYTES = 32;

export async function newSecrets(): Promise<Secrets> {
  return {
    SALUS_ROOT_KEY: randomBytes(KEY_BYTES).toString('base64'),
    SALUS_TOKEN_KEYS: await newSigningKeys(),
    LOG_SIGNING_KEY: randomBytes(KEY_BYTES).toString('base64'),
  };
}

/** Twenty characters of a URL-safe alphabet. */
export function newRandomPassword(): string {
  return randomBytes(15).toString('base64url');
}

/** The secrets in a file, which is made when it is not there. @throws CommandError when it cannot be understood */
export async function keptSecrets(file: string): Promise<LocalSecrets> {
  const kept = await readKeptSecrets(file);
  if (kept) return kept;
  const made = { ...(await newSecrets()), SALUS_APP_PASSWORD: newRandomPassword() };
  await writePrivately(file, `${JSON.stringify(made, null, 2)}\n`);
  return made;
}

/** @returns undefined when there is no such file. @throws CommandError */
export async function readKeptSecrets(file: string): Promise<LocalSecrets | undefined> {
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  try {
    return localSecrets.parse(JSON.parse(text));
  } catch {
    // The parser's own words would repeat what it could not read.
    throw new CommandError(
      `${file} is damaged. What was encrypted with the keys in it cannot be read without them`,
    );
  }
}

/** As lines of an env file (dotenv), which `wrangler dev --env-file` and `wrangler secret bulk` read. */
export function envLines(values: Readonly<Record<string, string>>): string {
  // In single quotes nothing is special; none of the values has one.
  return Object.entries(values)
    .map(([name, value]) => {
      if (/['\n\r]/.test(value)) throw new CommandError(`${name} cannot stand in an env file`);
      return `${name}='${value}'\n`;
    })
    .join('');
}

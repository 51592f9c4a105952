import { cosigner, verifierKeyOf } from '@salus/audit/log';
import { toBase64 } from '@salus/crypto';
import { describe, expect, it } from 'vitest';
import { configurationOf, type Env } from '../env.ts';
import { isolateOf } from '../isolate.ts';
import { witnessesOf, witnessList } from './witness-list.ts';

const { verifierKey } = await cosigner('witness.example/w1', new Uint8Array(32).fill(5));
const keyOfALog = await verifierKeyOf('witness.example/w1', new Uint8Array(32).fill(5));
const other = await cosigner('witness.example/w2', new Uint8Array(32).fill(6));

const URL_OF_ONE = 'https://witness.example/prefix';
const line = (name = 'one', key = verifierKey, url = URL_OF_ONE) => `witness ${name} ${key} ${url}`;

describe('the list of witnesses', () => {
  it('is empty where there is none', async () => {
    expect(await witnessesOf(witnessList.parse(undefined))).toStrictEqual([]);
    expect(witnessList.parse('')).toStrictEqual([]);
  });

  it('has a line for each, as a policy file has; comments and empty lines count for nothing', async () => {
    const text = `# ours\n\n${line()}\n\t witness  two\t${other.verifierKey} https://other.example/ \n  # end\n`;
    const witnesses = await witnessesOf(witnessList.parse(text));
    expect(witnesses.map(({ key, url }) => [key.name, url])).toStrictEqual([
      ['witness.example/w1', URL_OF_ONE],
      ['witness.example/w2', 'https://other.example'],
    ]);
  });

  it.each([
    ['another word', line().replace('witness', 'group')],
    ['no URL', `witness one ${verifierKey}`],
    ['too much', `${line()} more`],
    ['another protocol', line('one', verifierKey, 'ftp://witness.example')],
    ['a URL with a password', line('one', verifierKey, 'https://a:b@witness.example')],
    ['a URL with a query', line('one', verifierKey, 'https://witness.example/?a')],
    ['more witnesses than anybody has', Array(33).fill(line()).join('\n')],
  ])('is none with %s', (_, text) => {
    expect(witnessList.safeParse(text).success).toBe(false);
  });

  it.each([
    ['a key of a log', keyOfALog],
    ['no key', 'none'],
  ])('has keys of witnesses, and not %s', async (_, key) => {
    await expect(witnessesOf(witnessList.parse(line('one', key)))).rejects.toMatchObject({
      code: 'verifier_key_malformed',
    });
  });

  it('has no witness twice', async () => {
    await expect(witnessesOf(witnessList.parse(`${line()}\n${line('two')}`))).rejects.toMatchObject({
      code: 'witness_policy_malformed',
    });
  });
});

describe('a Worker that is to ask witnesses', () => {
  const environment = (more: Partial<Env>) =>
    ({
      DATABASE_URL: 'postgresql://salus_app:x@database.example/salus',
      SALUS_ROOT_KEY: toBase64(crypto.getRandomValues(new Uint8Array(32))),
      SALUS_TOKEN_KEYS: 'x',
      LOG_SIGNING_KEY: `${'A'.repeat(43)}=`,
      LOG_ORIGIN: 'salus.example',
      ISSUER: 'https://salus.example',
      ...more,
    }) as Env; // what it is bound to besides is of no matter here

  const faults = (more: Partial<Env>) => {
    try {
      configurationOf(environment(more));
      return [];
    } catch (error) {
      return error instanceof Error && 'faults' in error ? error.faults : error;
    }
  };

  it('does so over HTTPS, and in development on the developer’s own machine', () => {
    const development = { SALUS_ENVIRONMENT: 'development' };
    const local = line('one', verifierKey, 'http://127.0.0.1:7380');
    const elsewhere = line('one', verifierKey, 'http://witness.example');
    expect(faults({ LOG_WITNESSES: line() })).toStrictEqual([]);
    expect(faults({ LOG_WITNESSES: local, ...development })).toStrictEqual([]);
    expect(faults({ LOG_WITNESSES: local })).toStrictEqual(['LOG_WITNESSES']);
    expect(faults({ LOG_WITNESSES: elsewhere, ...development })).toStrictEqual(['LOG_WITNESSES']);
    expect(faults({ LOG_WITNESSES: 'witness' })).toStrictEqual(['LOG_WITNESSES']);
  });

  it('does not start with a key that is none', async () => {
    await expect(isolateOf(environment({ LOG_WITNESSES: line('one', 'none') }))).rejects.toMatchObject({
      code: 'configuration_invalid',
      faults: ['LOG_WITNESSES'],
    });
  });
});

// An attacker with the whole database (a stolen backup) finds no value of an identifier, clinical, financial or restricted
// field in it, and no password, code seed or token: not as text, not as hexadecimal, not as Base 64.
import { patient, sealedFields } from '@salus/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { somebody } from '../harness/patients.ts';
import { type System, startSystem } from '../harness/system.ts';
import { untilLogged, untilQueueRests } from '../harness/trail.ts';

let system: System;
const planted: string[] = [];
beforeAll(async () => {
  system = await startSystem();
  const provider = await system.signedIn('provider');
  planted.push(provider.account.email, provider.account.password, provider.account.totpSecret);
  for (let i = 0; i < 3; i++) {
    const before = somebody();
    const { id, version } = await provider.client.patients.create(before, { purpose: 'TREAT' });
    const after = somebody();
    await provider.client.patients.update({ ...after, id, version }, { purpose: 'TREAT' });
    await provider.client.patients.get({ id }, { purpose: 'TREAT' });
    await provider.client.patients.search({ ssn: after.ssn ?? '' }, { purpose: 'TREAT' });
    planted.push(...[before, after].flatMap(leaves));
  }
  await untilLogged(system);
  await untilQueueRests(system);
  const lost = somebody();
  system.neonLocal.faults.refuseConnections();
  await expect(provider.client.patients.create(lost, { purpose: 'TREAT' })).rejects.toThrow();
  system.neonLocal.faults.clear();
  planted.push(...leaves(lost));
});
afterAll(() => system.stop());

/** Every text within a record that is long enough to be told from chance. */
function leaves(value: unknown): string[] {
  if (typeof value === 'string') return value.length >= 6 ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [];
}

async function dump(): Promise<string> {
  const { rows: tables } = await system.owner.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await system.owner.query<{ row: string }>(`select t::text as row from ${name} t`);
    texts.push(...rows.map(({ row }) => row));
  }
  return texts.join('\n');
}

function spellings(value: string): string[] {
  const bytes = Buffer.from(value);
  // Base 64 spells a text in three ways, by where it begins; the ends are cut, because they depend on the neighbours.
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(shift === 0 ? 0 : 4, -4),
  );
  return [value, bytes.toString('hex'), ...base64.filter((text) => text.length >= 8)];
}

describe('a dump of every table', () => {
  it('has rows of every kind that the run made, so that the search is one', async () => {
    const text = await dump();
    for (const column of ['patient.read', 'patient.update', 'First Clinic', 'argon2id'])
      expect(text).toContain(column);
    expect(sealedFields(patient).length).toBeGreaterThanOrEqual(8);
    expect(planted.length).toBeGreaterThanOrEqual(40);
  });

  it('holds no planted value in UTF-8, hexadecimal or Base 64', async () => {
    const text = (await dump()).toLowerCase();
    const found = planted.filter((value) =>
      spellings(value).some((spelling) => text.includes(spelling.toLowerCase())),
    );
    expect(found).toEqual([]);
  });

  it('the search finds a value that does stand there, in each of the spellings', async () => {
    const value = 'Canary Mews 4711';
    await system.owner.query('create table public.canary (a text, b bytea, c text)');
    for (const [a, b, c] of [
      [value, null, null],
      [null, Buffer.from(value), null],
      [null, null, Buffer.from(`x${value}yz`).toString('base64')],
    ]) {
      await system.owner.query('truncate public.canary');
      await system.owner.query('insert into public.canary values ($1, $2, $3)', [a, b, c]);
      const text = (await dump()).toLowerCase();
      expect(spellings(value).some((spelling) => text.includes(spelling.toLowerCase()))).toBe(true);
    }
    await system.owner.query('drop table public.canary');
  });

  it('PRIV-01: neither does what the Worker printed, of a write that failed too', () => {
    const text = system.printed.join('\n').toLowerCase();
    expect(text).toContain('"code":"unavailable"');
    expect(planted.filter((value) => text.includes(value.toLowerCase()))).toEqual([]);
  });
});

// What the database's own catalogue says of its locks: that none was forgotten, and that the threat model names every function
// that goes past them.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type System, startSystem } from '../harness/system.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

describe('the catalogue', () => {
  it('RLS-02: every table has row-level security, forced, and a policy that checks what is written', async () => {
    const { rows } = await system.owner.query(
      `select relname from pg_class
        where relnamespace = 'salus'::regnamespace and relkind in ('r', 'p') and relname <> 'migrations'
          and not (relrowsecurity and relforcerowsecurity)`,
    );
    expect(rows).toEqual([]);
    const { rows: unchecked } = await system.owner.query(
      `select polname from pg_policy where polcmd in ('a', 'w', '*') and polwithcheck is null`,
    );
    expect(unchecked).toEqual([]);
    const { rows: all } = await system.owner.query(
      `select count(distinct polrelid)::int as tables, count(polwithcheck)::int as checks from pg_policy`,
    );
    expect(all[0].tables).toBeGreaterThan(20);
    expect(all[0].checks).toBeGreaterThan(all[0].tables);
  });

  it('RLS-06: every function with the rights of its owner has its search path pinned', async () => {
    const { rows } = await system.owner.query(
      `select proname from pg_proc
        where pronamespace = 'salus'::regnamespace and prosecdef
          and not coalesce(proconfig, '{}') @> array['search_path=salus, pg_temp']`,
    );
    expect(rows).toEqual([]);
    const { rows: all } = await system.owner.query(
      `select count(*)::int as n from pg_proc where pronamespace = 'salus'::regnamespace and prosecdef`,
    );
    expect(all[0].n).toBeGreaterThan(10);
  });

  it('each function with the owner’s rights is in the threat model, and so is no other', async () => {
    const { rows } = await system.owner.query<{ proname: string }>(
      `select distinct proname from pg_proc where pronamespace = 'salus'::regnamespace and prosecdef`,
    );
    const text = await readFile(new URL('../../docs/threat-model.md', import.meta.url), 'utf8');
    const [, paragraph = ''] = /Functions that run with the owner's rights(.*?)\n\n/s.exec(text) ?? [];
    const named = [...paragraph.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name);
    expect(named.toSorted()).toEqual(rows.map(({ proname }) => proname).toSorted());
  });

  it('RLS-05, RLS-15: there is no view and no materialised view', async () => {
    const views = async () => {
      const { rows } = await system.owner.query(
        `select relname from pg_class where relnamespace = 'salus'::regnamespace and relkind in ('v', 'm', 'f')`,
      );
      return rows.map(({ relname }) => relname);
    };
    expect(await views()).toEqual([]);
    await system.owner.query('begin; create view salus.canary as select * from salus.patients');
    expect(await views()).toEqual(['canary']);
    await system.owner.query('rollback');
  });
});

// The works as Salus is asked for them.
import type { Work } from '../load/closed-loop.ts';
import { person } from '../system/people.ts';
import type { Population } from '../system/population.ts';
import { type Account, result, signIn } from '../system/session.ts';
import type { WorkName } from './subject.ts';

interface Item {
  readonly id: string;
  readonly version: number;
  readonly name?: { readonly family: string };
}

/** Serials of patients that are made while measuring: beyond any that was there before. */
let created = 10_000_000;

export function salusWorks(population: Population, accounts: readonly Account[]): Record<WorkName, Work> {
  const { provider, officer, patients } = population;
  const versions = new Map<string, number>();
  let signedIn = 0;
  return {
    read: readWork(population, (serial, family) => family === person(serial).name.family),
    async list(connection) {
      const call = provider.call('patients.list', { limit: 25 }, 'TREAT');
      must((await result<{ items: Item[] }>(connection, call)).items.length === 25);
    },
    async search(connection, caller, turn) {
      const { name, birthDate } = person(serialOf(population, caller, turn));
      const query = { name: { family: name.family }, birthDate };
      const page = await result<{ items: Item[] }>(
        connection,
        provider.call('patients.search', query, 'TREAT'),
      );
      must(page.items.length === 1 && page.items[0]?.name?.family === name.family);
    },
    async create(connection) {
      const { id } = await result<Item>(
        connection,
        provider.call('patients.create', person(created++), 'TREAT'),
      );
      must(id.length === 36);
    },
    /** Each caller has patients of its own, so that no change meets another. */
    async update(connection, caller, turn) {
      const id = patients[(caller + 32 * turn) % (patients.length - (patients.length % 32))] ?? '';
      const version = versions.get(id) ?? 1;
      const phone = `+1 202-555-01${String(turn % 100).padStart(2, '0')}`;
      const call = provider.call('patients.update', { id, version, phone }, 'TREAT');
      versions.set(id, (await result<Item>(connection, call)).version);
    },
    async audit(connection) {
      const call = officer.call('audit.search', { limit: 25 }, 'HOPERAT');
      must((await result<{ items: unknown[] }>(connection, call)).items.length === 25);
    },
    async 'sign in'(connection, caller) {
      const account = accounts[signedIn++ % accounts.length];
      if (account) await signIn(connection, account, `198.51.100.${caller + 1}`);
    },
  };
}

/** @param isRight whether that is the family name of the patient with that serial */
export function readWork(population: Population, isRight: (serial: number, family: string) => boolean): Work {
  const { provider, patients } = population;
  return async (connection, caller, turn) => {
    const serial = serialOf(population, caller, turn);
    const id = patients[serial] ?? '';
    const item = await result<Item>(connection, provider.call('patients.get', { id }, 'TREAT'));
    must(item.id === id && item.name !== undefined && isRight(serial, item.name.family));
  };
}

const serialOf = ({ patients }: Population, caller: number, turn: number) =>
  (caller * 97 + turn) % patients.length;

/** @throws Error when an answer is not what was asked for: such a figure would be of something else */
export function must(holds: boolean): void {
  if (!holds) throw new Error('an answer is not what was asked for');
}

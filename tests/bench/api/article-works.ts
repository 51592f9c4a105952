// The works as the article's stack is asked for them.
import { totpCode } from '@salus/auth';
import type { Work } from '../load/closed-loop.ts';
import { type Connection, openConnection } from '../load/http.ts';
import type { ArticlePopulation, ArticleUser } from '../peers/article/population.ts';
import { person, personOfArticle } from '../system/people.ts';
import { must } from './salus-works.ts';
import type { WorkName } from './subject.ts';

interface Tokens {
  readonly provider: string;
  readonly admin: string;
}

let created = 20_000_000;

export async function articleWorks(
  url: string,
  population: ArticlePopulation,
): Promise<Record<WorkName, Work>> {
  const { patients, users, password } = population;
  const connection = openConnection(url);
  const tokenOf = async (user: ArticleUser) => signIn(connection, user, password);
  let tokens: Tokens | undefined;
  let since = 0;
  const bearer = async (who: keyof Tokens) => {
    if (!tokens || Date.now() - since > 8 * 60_000) {
      tokens = { provider: await tokenOf(users.provider), admin: await tokenOf(users.admin) };
      since = Date.now();
    }
    return { authorization: `Bearer ${tokens[who]}` };
  };
  const patientOf = (caller: number, turn: number) => (caller * 97 + turn) % patients.length;

  return {
    async read(at, caller, turn) {
      const serial = patientOf(caller, turn);
      const path = `/patients/${patients[serial]}`;
      const row = await at.send({ method: 'GET', path, headers: await bearer('provider') });
      must((row as { last_name: string }).last_name === person(serial).name.family);
    },
    async list(at) {
      const answer = await at.send({
        method: 'GET',
        path: '/patients?limit=25',
        headers: await bearer('provider'),
      });
      must((answer as { patients: unknown[] }).patients.length === 25);
    },
    async search(at, caller, turn) {
      const { name, birthDate } = person(patientOf(caller, turn));
      const query = new URLSearchParams({ last_name: name.family, date_of_birth: birthDate });
      const path = `/patients/search?${query}`;
      const answer = await at.send({ method: 'GET', path, headers: await bearer('provider') });
      must((answer as { patients: unknown[] }).patients.length === 1);
    },
    async create(at) {
      const body = personOfArticle(created++);
      await at.send({ method: 'POST', path: '/patients', headers: await bearer('provider'), body });
    },
    async update(at, caller, turn) {
      const id = patients[(caller + 32 * turn) % (patients.length - (patients.length % 32))];
      const body = { phone: `+1 202-555-01${String(turn % 100).padStart(2, '0')}` };
      await at.send({ method: 'PUT', path: `/patients/${id}`, headers: await bearer('provider'), body });
    },
    async audit(at) {
      const answer = await at.send({
        method: 'GET',
        path: '/audit?limit=25',
        headers: await bearer('admin'),
      });
      must((answer as { events: unknown[] }).events.length === 25);
    },
    async 'sign in'(at) {
      await signIn(at, users.provider, password);
    },
  };
}

/** It takes the code of the very moment alone: whoever is caught between two of them types again, as a person would. */
async function signIn(connection: Connection, user: ArticleUser, password: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      const code = await totpCode({ secret: user.totpSecret, now: Date.now() });
      const body = { email: user.email, password, code };
      const answer = await connection.send({ method: 'POST', path: '/auth/sign-in', body });
      return (answer as { token: string }).token; // what the peer answers
    } catch (error) {
      if (attempt === 2) throw error;
    }
  }
}

// The people of two organizations and what they do: sign in, create, read, list, search, change, refresh, and try what they
// may not. Each command says what it must never come to; faults may make it come to nothing.
import { totpCode } from '@salus/auth';
import type { Isolates } from './isolates.ts';
import type { Model } from './model.ts';
import { type CallOptions, canaryOf, type Person, PURPOSES, type Reply, senders } from './person.ts';
import type { Account } from './stage.ts';
import type { World } from './world.ts';

export interface Callers {
  readonly people: readonly Person[];
  /** Runs one command of somebody who is free, if anybody is. */
  start(): void;
  /** Runs a command to its end, in the order in which they are given. */
  readonly commands: Readonly<Record<string, (person: Person) => Promise<void>>>;
  call(person: Person, path: string, input: unknown, options?: CallOptions): Promise<Reply | null>;
  signIn(person: Person): Promise<boolean>;
  readonly underWay: number;
}

export interface CallersOptions {
  readonly world: World;
  readonly model: Model;
  readonly isolates: Isolates;
  readonly accounts: readonly Account[];
  /** A violation that a command met on its way. */
  readonly failed: (error: unknown) => void;
}

/** Of a one-time code, in milliseconds. */
const PERIOD = 30_000;

const COMMANDS = [
  { name: 'create', weight: 5 },
  { name: 'read', weight: 5 },
  { name: 'list', weight: 2 },
  { name: 'search', weight: 2 },
  { name: 'update', weight: 6 },
  { name: 'refresh', weight: 2 },
  { name: 'refreshTwice', weight: 4 },
  { name: 'trespass', weight: 3 },
  { name: 'repeatCode', weight: 1 },
  { name: 'signOut', weight: 0.5 },
  { name: 'audit', weight: 1.5 },
] as const;

export function createCallers({ world, model, isolates, accounts, failed }: CallersOptions): Callers {
  const people = accounts.map(
    (account): Person => ({
      account,
      accessToken: null,
      refreshToken: null,
      lastCode: null,
      nextSignIn: 0,
      busy: false,
    }),
  );
  let made = 0;
  let underWay = 0;

  async function call(
    person: Person,
    path: string,
    input: unknown,
    options: CallOptions = {},
  ): Promise<Reply | null> {
    const { purpose, refused, anonymous = false } = options;
    const request = new Request(`http://127.0.0.1/trpc/${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'cf-connecting-ip': person.account.address,
        ...(purpose && { 'purpose-of-use': purpose }),
        ...(person.accessToken && !anonymous && { authorization: `Bearer ${person.accessToken}` }),
      },
      body: JSON.stringify(input),
    });
    senders.set(request, { person, path, ...(refused && { refused }) });
    const answer = await isolates.fetch(request);
    if (!answer) return null;
    const { result, error } = JSON.parse(answer.text);
    const reply: Reply = {
      status: answer.status,
      requestId: answer.headers.get('x-request-id') ?? '',
      appCode: error?.data?.appCode ?? null,
      data: result?.data ?? {},
    };
    if (reply.status === 200) model.answeredRequests.add(reply.requestId);
    if (!anonymous && !path.startsWith('auth.')) loseTokens(person, reply);
    return reply;
  }

  function loseTokens(person: Person, { appCode }: Reply): void {
    const ended = appCode === 'session_ended' || appCode === 'step_up_required';
    if (ended || appCode === 'token_expired' || appCode === 'token_invalid') person.accessToken = null;
    if (ended) person.refreshToken = null;
  }

  function keep(person: Person, reply: Reply | null): void {
    if (reply?.status !== 200) return;
    person.accessToken = String(reply.data.accessToken);
    person.refreshToken = String(reply.data.refreshToken);
  }

  async function signIn(person: Person): Promise<boolean> {
    const { email, password, totpSecret } = person.account;
    person.accessToken = null;
    person.refreshToken = null;
    person.nextSignIn = (Math.floor(world.now() / PERIOD) + 1) * PERIOD;
    const first = await call(person, 'auth.signIn', { email, password });
    if (first?.status !== 200) return false;
    const code = await totpCode({ secret: totpSecret, now: world.now() });
    const second = await call(person, 'auth.verifyTotp', { mfaToken: first.data.mfaToken, code });
    if (second?.status !== 200) return false;
    model.codeAccepted(email, code);
    person.lastCode = code;
    keep(person, second);
    return true;
  }

  const own = ({ account }: Person) =>
    model.patients.filter(
      ({ organizationId, creator }) =>
        organizationId === account.organizationId &&
        (account.role !== 'provider' || creator === account.email),
    );
  const foreign = ({ account }: Person) =>
    model.patients.filter(({ organizationId }) => organizationId !== account.organizationId);
  const newPhone = () => {
    made += 1;
    return `+1 555 ${String(1_000_000 + made)}`;
  };

  async function create(person: Person): Promise<void> {
    const { account } = person;
    const phone = newPhone();
    const mrn = `MRN-${made}`;
    const reply = await call(
      person,
      'patients.create',
      {
        mrn,
        name: { family: `${canaryOf(account)}x${made}`, given: ['Ada'] },
        birthDate: '1957-06-29',
        sex: 'female',
        phone,
      },
      {
        purpose: PURPOSES[account.role] ?? 'TREAT',
        ...(!['provider', 'admin'].includes(account.role) && { refused: `${account.role} registers nobody` }),
      },
    );
    if (reply?.status !== 200) return;
    const { organizationId, email: creator } = account;
    model.created({ id: String(reply.data.id), organizationId, creator, mrn }, phone);
  }

  async function update(person: Person): Promise<void> {
    const known = own(person);
    if (known.length === 0 || !['provider', 'admin'].includes(person.account.role)) return create(person);
    const { id, version } = world.random.oneOf(known.slice(-4));
    const phone = newPhone();
    model.mayBeUpdated(id, version, phone);
    const reply = await call(
      person,
      'patients.update',
      { id, version, phone },
      { purpose: PURPOSES[person.account.role] ?? '' },
    );
    if (reply?.status === 200) model.updated(id, version, Number(reply.data.version), phone);
    else if (reply?.appCode === 'version_conflict') await readOne(person, id);
  }

  async function readOne(person: Person, id: string): Promise<void> {
    const reply = await call(
      person,
      'patients.get',
      { id },
      { purpose: PURPOSES[person.account.role] ?? '' },
    );
    if (reply?.status !== 200) return;
    const { version, phone } = reply.data;
    model.read(id, Number(version), phone === undefined ? undefined : String(phone));
  }

  /** Each of these is refused, whoever tries it. */
  async function trespass(person: Person): Promise<void> {
    const purpose = PURPOSES[person.account.role] ?? '';
    const stranger = foreign(person)[0];
    const others = model.patients.filter(
      ({ organizationId, creator }) =>
        organizationId === person.account.organizationId && creator !== person.account.email,
    );
    const changed = own(person).find(({ version }) => version > 1);
    const attempts = [
      () =>
        call(person, 'patients.list', {}, { purpose: 'HRESCH', refused: 'a purpose that nobody is granted' }),
      () => call(person, 'patients.list', {}, { refused: 'no purpose' }),
      () => call(person, 'patients.list', {}, { purpose, anonymous: true, refused: 'nobody in particular' }),
      () => call(person, 'patients.get', { id: 'x' }, { purpose, refused: 'not an id' }),
      ...(changed && ['provider', 'admin'].includes(person.account.role)
        ? [
            () =>
              call(
                person,
                'patients.update',
                { id: changed.id, version: changed.version - 1, phone: newPhone() },
                { purpose, refused: 'a change from an earlier version' },
              ),
          ]
        : []),
      ...(stranger
        ? [
            () =>
              call(
                person,
                'patients.get',
                { id: stranger.id },
                { purpose, refused: 'a record of another tenant' },
              ),
            () =>
              call(
                person,
                'patients.update',
                { id: stranger.id, version: stranger.version, phone: newPhone() },
                { purpose, refused: 'a record of another tenant' },
              ),
          ]
        : []),
      ...(others[0] && ['provider', 'nurse'].includes(person.account.role)
        ? [
            () =>
              call(
                person,
                'patients.get',
                { id: others[0]?.id },
                { purpose, refused: 'not of this care team' },
              ),
          ]
        : []),
    ];
    await world.random.oneOf(attempts)();
  }

  async function refreshTwice(person: Person): Promise<void> {
    const { refreshToken } = person;
    if (!refreshToken) return;
    const replies = await Promise.all([
      call(person, 'auth.refresh', { refreshToken }),
      call(person, 'auth.refresh', { refreshToken }),
    ]);
    for (const reply of replies) {
      if (reply?.status === 200) model.exchanged(refreshToken, String(reply.data.refreshToken));
      keep(person, reply);
    }
  }

  async function repeatCode(person: Person): Promise<void> {
    const { email, password } = person.account;
    const { lastCode } = person;
    const first = lastCode === null ? null : await call(person, 'auth.signIn', { email, password });
    if (first?.status !== 200) return;
    await call(
      person,
      'auth.verifyTotp',
      { mfaToken: first.data.mfaToken, code: lastCode },
      { refused: 'a code that was accepted before' },
    );
  }

  const commands: Callers['commands'] = {
    create,
    update,
    trespass,
    refreshTwice,
    repeatCode,
    async read(person) {
      const known = own(person);
      if (known.length > 0) await readOne(person, world.random.oneOf(known).id);
    },
    async list(person) {
      await call(person, 'patients.list', { limit: 5 }, { purpose: PURPOSES[person.account.role] ?? '' });
    },
    async search(person) {
      const known = [...own(person), ...foreign(person)];
      const mrn = known.length > 0 ? world.random.oneOf(known).mrn : 'MRN-0';
      await call(person, 'patients.search', { mrn }, { purpose: PURPOSES[person.account.role] ?? '' });
    },
    async refresh(person) {
      const { refreshToken } = person;
      if (!refreshToken) return;
      const reply = await call(person, 'auth.refresh', { refreshToken });
      if (reply?.status === 200) model.exchanged(refreshToken, String(reply.data.refreshToken));
      if (reply?.status === 401) person.refreshToken = null;
      keep(person, reply);
    },
    async signOut(person) {
      const reply = await call(person, 'auth.signOut', undefined);
      if (reply?.status === 200) person.accessToken = null;
    },
    async audit(person) {
      const found = await call(person, 'audit.search', { limit: 3 }, { purpose: 'HOPERAT' });
      const [event] = found?.status === 200 ? (found.data.items as { id: string }[]) : []; // as the schema says
      if (event) await call(person, 'audit.proof', { eventId: event.id }, { purpose: 'HOPERAT' });
    },
  };

  return {
    people,
    commands,
    call,
    signIn,
    get underWay() {
      return underWay;
    },
    start() {
      const isFree = ({ busy, accessToken, refreshToken, nextSignIn }: Person) =>
        !busy && (accessToken !== null || refreshToken !== null || nextSignIn <= world.now());
      const free = people.filter(isFree);
      if (free.length === 0) return;
      const person = world.random.oneOf(free);
      const { name: wanted } = world.random.weighted(COMMANDS);
      const name = person.accessToken ? wanted : person.refreshToken ? 'refresh' : 'signIn';
      world.trace.push(`${person.account.email} ${name}`);
      person.busy = true;
      underWay += 1;
      (commands[name] ?? signIn)(person)
        .catch(failed)
        .finally(() => {
          person.busy = false;
          underWay -= 1;
        });
    },
  };
}

// The guards that the simulation is there for, and how each is switched off: in a source file of the Worker, in a function of
// the database, or by SQL. A guard that has moved is told of (worker-program.ts), so that this list cannot grow old in silence.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: pieces of sources, as they stand there
import { DISASTER, type Fault } from './faults.ts';
import type { Edit } from './worker-program.ts';

export interface Guard {
  readonly name: string;
  /** What is no longer there, in the Worker's program. */
  readonly sources?: readonly Edit[];
  /** In functions of the database, each by its name as `path`. */
  readonly functions?: readonly Edit[];
  readonly sql?: readonly string[];
  /** What has to go wrong for the guard to be needed. */
  readonly faults: readonly Fault[];
  /** It is missed so soon that every run of the tests can see it. */
  readonly soon?: boolean;
}

const LEDGER = 'packages/audit/src/log/ledger.ts';
const LEDGER_STORE = 'apps/worker/src/audit/ledger-store.ts';
const CONSUMER = 'apps/worker/src/audit/consumer.ts';
const UPDATE = 'packages/db/src/repositories/patient/update.ts';

const AGAIN: readonly Fault[] = [
  'a message is delivered twice',
  'the queue forgets that it was acknowledged',
];
const ACK = `    for (const { message } of deliveries) message.ack();
  } catch`;

export const GUARDS: readonly Guard[] = [
  {
    name: 'an event that comes again keeps its place (deduplication by its id)',
    sources: [
      { path: LEDGER, from: 'const known = store.find(id);', to: 'const known = [store.find(id)][1];' },
      { path: LEDGER_STORE, from: 'id text not null unique', to: 'id text not null' },
    ],
    faults: AGAIN,
    soon: true,
  },
  {
    name: 'numbers are given out without a pause, and each once',
    sources: [
      {
        path: LEDGER,
        from: 'return store.transact(() => entries.map((entry, at) => place(store, entry, hashes[at])));',
        to: `const first = store.size();
      const placed = [];
      for (const [at, { id, leaf }] of entries.entries()) {
        const known = store.find(id);
        const index = known ? known.index : first + at;
        await sha256(leaf.slice());
        if (!known) store.append({ id, leaf, index, hash: hashes[at] });
        placed.push({ id, index, contradicted: false });
      }
      return placed;`,
      },
      { path: LEDGER_STORE, from: 'insert into entries', to: 'insert or replace into entries' },
    ],
    faults: ['several at once', ...AGAIN],
    soon: true,
  },
  {
    name: 'nothing is signed beside a checkpoint of other entries (consistency before publishing)',
    sources: [
      {
        path: LEDGER,
        from: `if (!sameBytes(root, checkpoint.root)) throw new LogError('log_forked');`,
        to: '',
      },
    ],
    faults: [DISASTER],
  },
  {
    name: 'a checkpoint goes only in the place of the one that was looked at',
    sources: [
      {
        path: LEDGER,
        from: `if (!(await objects.replace(CHECKPOINT, note, previous))) throw new LogError('checkpoint_moved');`,
        to: 'await objects.put(CHECKPOINT, note, previous);',
      },
    ],
    faults: ['a put fails, and the object is there much later', 'a Durable Object ends'],
  },
  {
    name: 'files go out before the checkpoint that needs them',
    sources: [
      {
        path: LEDGER,
        from: `await files.put(published, size);
      await replace(note, await signCheckpoint(BigInt(size), root, signer, ...otherSigners));`,
        to: `await replace(note, await signCheckpoint(BigInt(size), root, signer, ...otherSigners));
      await files.put(published, size);`,
      },
    ],
    faults: [],
    soon: true,
  },
  {
    name: 'a message is acknowledged after the log and the database have its event',
    sources: [
      { path: CONSUMER, from: ACK, to: '  } catch' },
      {
        path: CONSUMER,
        from: '    const log = auditLog.getByName(',
        to: '    for (const { message } of deliveries) message.ack();\n    const log = auditLog.getByName(',
      },
    ],
    faults: ['cut before a statement'],
    soon: true,
  },
  {
    name: 'a message that could not be delivered comes again',
    sources: [
      {
        path: CONSUMER,
        from: `    for (const { message } of deliveries) message.retry();`,
        to: `    for (const { message } of deliveries) message.ack();`,
      },
    ],
    faults: ['cut before a statement', 'a call of a Durable Object is lost'],
    soon: true,
  },
  {
    name: 'a leaf that is noted already is noted once (on conflict do nothing)',
    functions: [{ path: 'record_leaves', from: 'on conflict do nothing', to: '' }],
    faults: AGAIN,
  },
  {
    name: 'a leaf that contradicts an earlier one is refused',
    functions: [{ path: 'record_leaves', from: 'if exists (', to: 'if false and exists (' }],
    faults: [DISASTER],
  },
  {
    name: 'rows that never reached the queue are found (the sweep)',
    sources: [
      {
        path: 'apps/worker/src/audit/sweep.ts',
        from: '...(await sendToQueue(queue, page.rows))',
        to: '',
      },
    ],
    faults: ['queue.send fails'],
  },
  {
    name: 'dead letters are told of',
    sources: [
      {
        path: 'apps/worker/src/audit/dead-letters.ts',
        from: '    await record(of ?? PLATFORM, { reason, count: messages.length }, services);\n',
        to: '',
      },
    ],
    faults: ['a message of another version'],
  },
  {
    name: 'a record is not read without its row in the trail',
    sources: [
      {
        path: 'packages/db/src/repositories/patient/read.ts',
        from: "type: 'patient.read',",
        to: "type: 'patient.read', each: sql`(select) one where false`,",
      },
    ],
    faults: [],
  },
  {
    name: 'a record is not changed without its row in the trail',
    sources: [
      {
        path: UPDATE,
        from: 'fields: changed,',
        to: 'fields: changed, each: sql`(select) one where false`,',
      },
    ],
    faults: [],
  },
  {
    name: 'a change is refused when the record has changed since',
    sources: [
      { path: UPDATE, from: 'standing.version = ${version}::integer', to: '${version}::integer > 0' },
    ],
    faults: ['another transaction goes first', 'several at once'],
  },
  {
    name: 'a refresh token is exchanged once, by one call at a time (for update)',
    functions: [
      {
        path: 'rotate_refresh_token',
        from: 'where t.token_hash = old_hash for update',
        to: 'where t.token_hash = old_hash',
      },
    ],
    faults: ['another transaction goes first', 'several at once'],
  },
  {
    name: 'a one-time code is accepted once',
    sources: [
      {
        path: 'packages/auth/src/totp.ts',
        from: '(lastStep === null || step > lastStep)',
        to: 'step !== lastStep - 1e9',
      },
    ],
    functions: [
      {
        path: 'finish_second_factor',
        from: 'and (u.totp_last_step is null or u.totp_last_step < accepted_step)',
        to: '',
      },
    ],
    faults: [],
  },
  {
    name: 'a clinician sees the records of their own patients (row-level security)',
    sql: [
      'alter policy patients_visible on salus.patients using (true)',
      'alter policy patient_keys_visible on salus.patient_keys using (true)',
    ],
    faults: [],
  },
  {
    name: 'tenants do not touch (row-level security and the query; the key still does not open)',
    functions: [
      {
        path: 'visible_patients',
        from: 'where p.organization_id = (select (salus.context()).organization_id) and p.id = any (ids)',
        to: 'where p.id = any (ids)',
      },
    ],
    // An administrator sees everything of everybody: as soon as they ask, a key opens what it should not, or cannot.
    sql: [
      `alter policy patients_visible on salus.patients
         using ((select (salus.context()).role) = 'admin' and (select salus.second_factor_is_fresh()))`,
      'alter policy patient_keys_visible on salus.patient_keys using (true)',
    ],
    faults: [],
  },
];

// An attacker who can write to the database moves ciphertext about. It opens nowhere but in its place, the caller gets no
// plaintext, and the trail says that something is wrong.
import type { PatientId } from '@salus/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { somebody } from '../harness/patients.ts';
import { type SignedIn, type System, startSystem } from '../harness/system.ts';
import { trail } from '../harness/trail.ts';

let system: System;
let provider: SignedIn;
let one: PatientId;
let other: PatientId;
beforeAll(async () => {
  system = await startSystem();
  provider = await system.signedIn('provider');
  one = (await provider.client.patients.create(somebody(), { purpose: 'TREAT' })).id as PatientId;
  other = (await provider.client.patients.create(somebody(), { purpose: 'TREAT' })).id as PatientId;
});
afterAll(() => system.stop());

describe('a ciphertext', () => {
  it.each([
    ['CRY-01: of another row', 'ssn = (select ssn from salus.patients where id = $2)'],
    ['CRY-02: of another column', 'phone = email'],
    ['CRY-05: with one bit changed', `sex = set_byte(sex, 20, get_byte(sex, 20) # 1)`],
    ['CRY-04: without its tag', 'sex = substr(sex, 1, length(sex) - 16)'],
    ['of an earlier format', 'sex = set_byte(sex, 0, 0)'],
    ['of nothing', `sex = ''::bytea`],
  ])('%s is not opened', async (_, change) => {
    const { rows } = await system.owner.query('select * from salus.patients where id = $1', [one]);
    await system.owner.query(`update salus.patients set ${change} where id = $1 and id <> $2`, [one, other]);
    try {
      const before = await trail(system, `type = 'integrity.failed'`);
      const answer = await system.post(
        '/trpc/patients.get',
        { id: one },
        { ...provider.headers(), 'purpose-of-use': 'TREAT' },
      );
      expect(answer.status).toBe(500);
      expect(await answer.text()).toContain('Internal error.');
      expect(await trail(system, `type = 'integrity.failed'`)).toHaveLength(before.length + 1);
    } finally {
      const { ssn, phone, sex } = rows[0];
      await system.owner.query('update salus.patients set ssn = $2, phone = $3, sex = $4 where id = $1', [
        one,
        ssn,
        phone,
        sex,
      ]);
    }
    await provider.client.patients.get({ id: one }, { purpose: 'TREAT' });
  });

  it('under a key that was swapped with another patient’s is not opened', async () => {
    const wrapped = async (id: string) =>
      (await system.owner.query('select wrapped from salus.patient_keys where patient_id = $1', [id])).rows[0]
        .wrapped;
    const own = await wrapped(one);
    await system.owner.query('update salus.patient_keys set wrapped = $2 where patient_id = $1', [
      one,
      await wrapped(other),
    ]);
    await expect(provider.client.patients.get({ id: one }, { purpose: 'TREAT' })).rejects.toMatchObject({
      code: 'internal',
    });
    await system.owner.query('update salus.patient_keys set wrapped = $2 where patient_id = $1', [one, own]);
    await provider.client.patients.get({ id: one }, { purpose: 'TREAT' });
  });
});

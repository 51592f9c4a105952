// What signing in leaves behind goes when nothing can ask for it any more, in batches, and the trail of the platform says how
// much that was. The database is shared with other tests: counts are of what is made here.
import { type DatabaseError, PLATFORM, purgeSignIn } from '@salus/db';
import { organizationId } from '@salus/schema';
import { beforeEach, describe, expect, it } from 'vitest';
import { asOwner, newOrganization } from '../audit/test-trail.ts';
import { asJob } from '../minute.ts';
import { testMinute } from '../test-minute.ts';
import { purge } from './retention.ts';

const minute = await testMinute();
let organization: string;
let user: string;
let bucket: string;

beforeEach(async () => {
  organization = await newOrganization();
  bucket = `\\x${organization.replaceAll('-', '')}`;
  await asOwner(
    `insert into salus.organization_keys (organization_id, version, provider, wrapped) values ($1, 1, 'none', '\\x00')`,
    [organization],
  );
  const [row] = await asOwner(
    `insert into salus.users (organization_id, id, role, erased_at, disabled_at, organization_key_version, email_index_version)
     values ($1, gen_random_uuid(), 'provider', now(), now(), 1, 1) returning id`,
    [organization],
  );
  user = row?.id ?? '';
});

const attempt = (ago: string) =>
  asOwner(
    'insert into salus.sign_in_attempts (bucket, attempted_at) values ($1::bytea, now() - $2::interval)',
    [bucket, ago],
  );
const challenge = (ago: string) =>
  asOwner(
    `insert into salus.sign_in_challenges (token_hash, organization_id, user_id, expires_at)
     values (sha256(uuid_send(gen_random_uuid())), $1, $2, now() - $3::interval)`,
    [organization, user, ago],
  );
/** A session that expired so long ago, with two refresh tokens. */
const session = (ago: string) =>
  asOwner(
    `with s as (
       insert into salus.sessions (organization_id, id, user_id, role, second_factor_at, expires_at)
       values ($1, gen_random_uuid(), $2, 'provider', now(), now() - $3::interval) returning id)
     insert into salus.refresh_tokens (token_hash, organization_id, session_id)
     select sha256(uuid_send(gen_random_uuid())), $1, s.id from s, generate_series(1, 2)`,
    [organization, user, ago],
  );

async function left(): Promise<Record<string, number>> {
  const [row = {}] = await asOwner(
    `select (select count(*) from salus.sign_in_attempts where bucket = $2::bytea) as attempts,
            (select count(*) from salus.sign_in_challenges where organization_id = $1) as challenges,
            (select count(*) from salus.refresh_tokens where organization_id = $1) as tokens,
            (select count(*) from salus.sessions where organization_id = $1) as sessions`,
    [organization, bucket],
  );
  return Object.fromEntries(Object.entries(row).map(([name, count]) => [name, Number(count)]));
}

const events = () =>
  asOwner(
    `select details->>'attempts' as attempts, details->>'challenges' as challenges,
            details->>'refreshTokens' as tokens, details->>'sessions' as sessions
       from salus.audit_events where organization_id = $1 and type = 'retention.purged' order by recorded_at`,
    [PLATFORM],
  );

describe('what signing in leaves behind', () => {
  it('stays until its end and a day, and goes then with all that is past its end', async () => {
    await purge(minute);
    const before = await events();
    for (const ago of ['1 minute', '23 hours', '30 hours']) await attempt(ago);
    for (const ago of ['0', '6 days', '7 days 5 hours']) await challenge(ago);
    for (const ago of ['-11 hours', '89 days', '90 days 5 hours']) await session(ago);
    await purge(minute);
    // One day's end is not worth an event.
    expect(await left()).toEqual({ attempts: 3, challenges: 3, tokens: 6, sessions: 3 });
    expect(await events()).toEqual(before);

    await session('91 days 1 minute');
    await purge(minute);
    expect(await left()).toEqual({ attempts: 2, challenges: 2, tokens: 4, sessions: 2 });
    expect(await events()).toEqual([
      ...before,
      { attempts: '1', challenges: '1', tokens: '4', sessions: '2' },
    ]);
    await purge(minute);
    expect(await events()).toHaveLength(before.length + 1);
  });

  it('goes in batches, tokens before their sessions', async () => {
    await asOwner(
      `insert into salus.sign_in_attempts (bucket, attempted_at)
       select $1::bytea, now() - interval '3 days' from generate_series(1, 2500)`,
      [bucket],
    );
    for (let at = 0; at < 3; at++) await session('100 days');
    await purge(minute);
    expect(await left()).toEqual({ attempts: 0, challenges: 0, tokens: 0, sessions: 0 });
  });

  it('is cleaned in the turn of the platform alone', async () => {
    await attempt('3 days');
    const codes: unknown[] = [];
    await asJob(minute, 'retention', organizationId.parse(organization), async (run) => {
      await purgeSignIn(run, 10).catch((error: DatabaseError) => codes.push(error.code));
    });
    expect(codes).toEqual(['not_permitted']);
    expect((await left()).attempts).toBe(1);
  });
});

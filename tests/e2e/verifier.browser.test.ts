// The verifier in a real browser, on a page of an origin that has nothing to do with Salus: an outsider needs no software of
// ours on a server, and no leave to read the log.
import { noteSigner } from '@salus/audit/log';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bundle, bundlePage, launchChromium, type Site, serveSite } from '../harness/browser.ts';
import { LOG_ORIGIN, LOG_SEED, type System, startSystem } from '../harness/system.ts';
import { sweep, untilLogged } from '../harness/trail.ts';
import { publicKeyOfSeed, startTestWitness, type TestWitness } from '../harness/witness.ts';

const EVENTS = 300;

let system: System;
let witness: TestWitness;
let browser: Browser;
let site: Site;
let bundle: Bundle;
let page: Page;
let url: string;
let verifierKey: string;

beforeAll(async () => {
  bundle = await bundlePage('verifier-page.ts');
  site = await serveSite(bundle.script);
  const knows = (origin: string) => origin.startsWith(`${LOG_ORIGIN}/log/`);
  witness = await startTestWitness({ name: 'witness.example', logKey: publicKeyOfSeed(LOG_SEED), knows });
  const line = `witness w ${witness.verifierKey} ${witness.url}`;
  system = await startSystem({ bindings: { LOG_WITNESSES: line } });
  await system.owner.query(
    `insert into salus.audit_events (organization_id, kind, type, outcome, request_id)
     select $1, 'phi_access', 'patient.read', 'success', gen_random_uuid() from generate_series(1, $2)`,
    [system.organizationId, EVENTS],
  );
  await sweep(system);
  await untilLogged(system);
  const path = `log/${system.organizationId}/${new Date().getUTCFullYear()}`;
  url = `${system.url}/${path}/`;
  ({ verifierKey } = await noteSigner(`${LOG_ORIGIN}/${path}`, LOG_SEED));
  browser = await launchChromium();
  page = await browser.newPage();
  await page.goto(site.origin);
  await page.waitForFunction('typeof verify === "function"');
}, 120_000);
afterAll(async () => {
  await browser?.close();
  site?.server.close();
  await system?.stop();
  await witness?.stop();
});

const verify = (given: { witnesses?: string[]; verifierKey?: string } = {}) =>
  page.evaluate(
    (parameters) => {
      const { verify } = globalThis as unknown as { verify: (parameters: unknown) => Promise<unknown> }; // of verifier-page.ts
      return verify(parameters);
    },
    { url, verifierKey, witnesses: [], ...given },
  );

/** What comes between the browser and the Worker changes a file. */
async function tampering<T>(
  file: string,
  change: (bytes: Buffer) => Buffer,
  work: () => Promise<T>,
): Promise<T> {
  await page.route(`**/${file}`, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: change(await answer.body()) });
  });
  try {
    return await work();
  } finally {
    await page.unrouteAll();
  }
}

describe('the verifier in Chromium', () => {
  it('is made of the log’s own module, which fits in 20 kB, and of nothing else', () => {
    const others = bundle.inputs.filter((path) => !path.startsWith('packages/audit/src/log/'));
    expect(others).toEqual(['tests/e2e/verifier-page.ts']);
    expect(bundle.script.length).toBeLessThan(20_000);
  });

  it('verifies the log where it is served, from a page of any origin, witnesses and all', async () => {
    expect(new URL(site.origin).origin).not.toBe(new URL(system.url).origin);
    expect(await verify()).toMatchObject({ ok: true, size: expect.any(Number), cosigned: [] });
    await expect
      .poll(() => verify({ witnesses: [witness.verifierKey] }), { interval: 500 })
      .toMatchObject({ ok: true, cosigned: ['witness.example'] });
  });

  it('finds a changed byte of an entry, and which entry', async () => {
    const found = await tampering(
      'tile/entries/000',
      (bytes) => {
        const changed = Buffer.from(bytes);
        changed[30] = (changed[30] ?? 0) ^ 1;
        return changed;
      },
      () => verify(),
    );
    expect(found).toEqual({ ok: false, fault: 'tile_mismatch', path: 'tile/0/000', index: 0 });
  });

  it('finds another checkpoint, and another key', async () => {
    const found = await tampering(
      'checkpoint',
      (note) => Buffer.from(note.toString().replace(/\n(\d)/, '\n1$1')),
      () => verify(),
    );
    expect(found).toMatchObject({ ok: false, fault: 'note_signature_invalid' });
    const other = await noteSigner(verifierKey.split('+')[0] ?? '', new Uint8Array(32).fill(9));
    expect(await verify({ verifierKey: other.verifierKey })).toMatchObject({ fault: 'note_unsigned' });
  });
});

describe('the log’s files', () => {
  it('may be read by a page of any origin, without credentials, and nothing else of Salus may', async () => {
    const answer = await fetch(`${url}checkpoint`, { headers: { origin: 'https://anybody.example' } });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    const rpc = await system.post('/trpc/patients.list', {}, { origin: 'https://anybody.example' });
    expect(rpc.status).toBe(403);
    expect(rpc.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('that are not there say so to a page too, so that it can tell a missing tile from a lost connection', async () => {
    const missing = () => page.evaluate(async (file) => (await fetch(file)).status, `${url}tile/0/x999/999`);
    expect(await missing()).toBe(404);
  });
});

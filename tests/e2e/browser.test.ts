// The typed client in a real browser: a page of another origin, which the Worker's list lets in, and one that it does not.
import { totpCode } from '@salus/auth';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundlePage, launchChromium, type Site, serveSite } from '../harness/browser.ts';
import { type System, startSystem } from '../harness/system.ts';

let system: System;
let browser: Browser;
let allowed: Site;
let unknown: Site;
beforeAll(async () => {
  const { script } = await bundlePage('browser-page.ts');
  [allowed, unknown] = [await serveSite(script), await serveSite(script)];
  system = await startSystem({ bindings: { ALLOWED_ORIGINS: allowed.origin } });
  browser = await launchChromium();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  for (const site of [allowed, unknown]) site?.server.close();
  await system?.stop();
});

async function runOn(origin: string): Promise<unknown> {
  const { email, password, totpSecret } = await system.account('provider');
  const given = {
    url: system.url,
    email,
    password,
    code: await totpCode({ secret: totpSecret, now: Date.now() }),
  };
  const page = await browser.newPage();
  try {
    await page.goto(origin);
    await page.waitForFunction('typeof run === "function"');
    return await page.evaluate((parameters) => {
      const { run } = globalThis as unknown as { run: (parameters: unknown) => Promise<unknown> }; // of browser-page.ts
      return run(parameters);
    }, given);
  } finally {
    await page.close();
  }
}

describe('the client in Chromium', () => {
  it('signs in with a second factor, creates a patient, reads it back, and is told of a refusal', async () => {
    expect(await runOn(allowed.origin)).toEqual({
      read: expect.objectContaining({
        mrn: 'BROWSER-1',
        name: { family: '张', given: ['伟'] },
        birthDate: '1990-02',
      }),
      refused: 'purpose_not_permitted',
    });
  });

  it('on a page of an origin that is not on the list gets nowhere', async () => {
    await expect(runOn(unknown.origin)).rejects.toThrow();
  });
});

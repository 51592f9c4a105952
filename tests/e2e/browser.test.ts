// The typed client in a real browser: a page of another origin, which the Worker's list lets in, and one that it does not.
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { totpCode } from '@salus/auth';
import chromium from '@sparticuz/chromium';
import { build } from 'esbuild';
import { type Browser, chromium as playwright } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type System, startSystem } from '../harness/system.ts';

let system: System;
let browser: Browser;
const sites: Server[] = [];
let allowed: string;
let unknown: string;
beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('browser-page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
  });
  const script = outputFiles[0]?.text ?? '';
  [allowed, unknown] = [await serve(script), await serve(script)];
  system = await startSystem({ bindings: { ALLOWED_ORIGINS: allowed } });
  browser = await playwright.launch({
    executablePath: await chromium.executablePath(),
    args: [
      ...chromium.args,
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
    ],
  });
}, 120_000);
afterAll(async () => {
  await browser?.close();
  for (const site of sites) site.close();
  await system?.stop();
});

/** A site with one page. @returns its origin */
function serve(script: string): Promise<string> {
  const site = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><script type="module" src="/page.js"></script>');
  });
  sites.push(site);
  return new Promise((resolve) => {
    site.listen(0, '127.0.0.1', () => {
      const address = site.address();
      resolve(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`);
    });
  });
}

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
    expect(await runOn(allowed)).toEqual({
      read: expect.objectContaining({
        mrn: 'BROWSER-1',
        name: { family: '张', given: ['伟'] },
        birthDate: '1990-02',
      }),
      refused: 'purpose_not_permitted',
    });
  });

  it('on a page of an origin that is not on the list gets nowhere', async () => {
    await expect(runOn(unknown)).rejects.toThrow();
  });
});

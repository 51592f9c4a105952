// A real Chromium, and sites with one page each: a bundle of a file of tests/e2e, as a web application would ship it.
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import chromium from '@sparticuz/chromium';
import { build } from 'esbuild';
import { type Browser, chromium as playwright } from 'playwright-core';
import { listenOnLoopback } from './loopback.ts';

/**
 * Of a scraper's: with the first three a page may read whatever it likes, and no rule about origins would be seen to hold; with
 * the others everything is one process, which hangs now and then when a page has been closed.
 */
const UNWANTED = [
  '--disable-web-security',
  '--allow-running-insecure-content',
  '--disable-site-isolation-trials',
  '--single-process',
  '--in-process-gpu',
];

export function launchChromium(): Promise<Browser> {
  return chromium.executablePath().then((executablePath) =>
    playwright.launch({
      executablePath,
      args: [
        ...chromium.args.filter((argument) => !UNWANTED.includes(argument)),
        '--no-sandbox',
        '--disable-background-networking',
        '--disable-component-update',
        '--no-first-run',
      ],
    }),
  );
}

export interface Bundle {
  readonly script: string;
  /** Files that went into it, below the project's root. */
  readonly inputs: readonly string[];
}

/** @param page name of a file of tests/e2e */
export async function bundlePage(page: string): Promise<Bundle> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [`tests/e2e/${page}`],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    minify: true,
  });
  return { script: outputFiles[0]?.text ?? '', inputs: Object.keys(metafile.inputs) };
}

export interface Site {
  readonly origin: string;
  readonly server: Server;
}

/** A site with one page, which runs the script. */
export async function serveSite(script: string): Promise<Site> {
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><script type="module" src="/page.js"></script>');
  });
  return { origin: `http://127.0.0.1:${await listenOnLoopback(server)}`, server };
}

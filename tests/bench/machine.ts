// What the figures were measured on, and how busy it was: a figure without this is worth nothing. Nothing here names a
// person, a host or an address.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly workerd: string;
  /** Of one minute, before anything was started. */
  readonly loadBefore: number;
}

export function machine(): Machine {
  const [first] = cpus();
  return {
    processor: first?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    workerd: versionOf('workerd'),
    loadBefore: load(),
  };
}

/** Processes that are running or wait to, on average of one minute. */
export function load(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100;
}

/** The version of a package that miniflare brings along. */
function versionOf(name: string): string {
  const miniflare = createRequire(createRequire(import.meta.url).resolve('miniflare'));
  const description: unknown = JSON.parse(readFileSync(miniflare.resolve(`${name}/package.json`), 'utf8'));
  const version = Object(description).version;
  return typeof version === 'string' ? version : 'unknown';
}

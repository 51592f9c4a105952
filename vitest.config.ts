// Two runtimes, one command. What runs in the Worker is tested in workerd; what runs on a developer's machine,
// and whatever crosses packages, is tested in Node against the real Worker and a real PostgreSQL.
import { availableParallelism } from 'node:os';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

const PROCESSORS = availableParallelism();

const rules = {
  // A test that expects nothing cannot fail, and fails for it.
  expect: { requireAssertions: true, poll: { timeout: 30_000 } },
  // No test is about speed: a slow machine is no reason to fail.
  testTimeout: 60_000,
  hookTimeout: 120_000,
  // Left to itself Vitest keeps a processor free.
  maxWorkers: PROCESSORS,
};

export default defineConfig({
  test: {
    projects: [
      {
        plugins: [
          cloudflareTest({
            miniflare: {
              compatibilityDate: '2026-10-01',
              modulesRules: [{ type: 'CompiledWasm', include: ['**/*.wasm'] }],
            },
          }),
        ],
        test: {
          name: 'workerd',
          ...rules,
          include: ['packages/{schema,crypto,policy,audit,auth,fhir,outgoing}/src/**/*.test.ts'],
          exclude: ['**/*.node.test.ts'],
        },
      },
      {
        plugins: [
          cloudflareTest({
            main: 'apps/worker/src/index.ts',
            miniflare: {
              compatibilityDate: '2026-10-01',
              modulesRules: [{ type: 'CompiledWasm', include: ['**/*.wasm'] }],
              durableObjects: { AUDIT_LOG: { className: 'AuditLog', useSQLite: true } },
              r2Buckets: ['LOG', 'REPORTS'],
              queueProducers: { AUDIT_QUEUE: 'salus-audit' },
              bindings: {
                LOG_ORIGIN: 'salus.localhost',
                // The seed of 32 bytes 1: it signs nothing but tests.
                LOG_SIGNING_KEY: 'AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=',
              },
            },
          }),
        ],
        test: {
          name: 'worker',
          ...rules,
          include: ['apps/worker/src/**/*.test.ts'],
          globalSetup: ['tests/harness/worker-database.ts', 'tests/harness/worker-servers.ts'],
          // One file after the other: they share a database, where some make and drop the months of a year.
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'node',
          ...rules,
          include: [
            'packages/{neon-local,db,api,client}/src/**/*.test.ts',
            'packages/*/src/**/*.node.test.ts',
            'apps/{cli,console}/src/**/*.test.ts',
          ],
        },
      },
      {
        test: {
          // Needs no bundle: what the rules say of a source is said of one that does not build, too.
          name: 'repository',
          ...rules,
          include: ['tests/repository/*.test.ts'],
        },
      },
      {
        test: {
          name: 'system',
          ...rules,
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/repository/**', 'tests/simulation/**', '**/node_modules/**'],
          globalSetup: ['tests/harness/bundle.ts', 'tests/harness/cluster.ts'],
          // A file waits for its Worker and its database half of the time, and shares neither with another.
          maxWorkers: PROCESSORS + 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'simulation',
          ...rules,
          include: ['tests/simulation/*.test.ts'],
          globalSetup: ['tests/simulation/seed.ts'],
          testTimeout: 600_000,
        },
      },
    ],
  },
});

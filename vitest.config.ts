// Two runtimes, one command. What runs in the Worker is tested in workerd; what runs on a developer's machine,
// and whatever crosses packages, is tested in Node against the real Worker and a real PostgreSQL.
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

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
          include: ['packages/{schema,crypto,policy,audit,auth,fhir}/src/**/*.test.ts'],
          exclude: ['**/*.node.test.ts'],
        },
      },
      {
        test: {
          name: 'node',
          include: [
            'packages/{neon-local,db,api,client}/src/**/*.test.ts',
            'packages/*/src/**/*.node.test.ts',
            'apps/*/src/**/*.test.ts',
            'tests/**/*.test.ts',
          ],
        },
      },
    ],
  },
});

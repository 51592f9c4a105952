// Neon's SQL-over-HTTP protocol in front of any Postgres: `@neondatabase/serverless` runs unmodified, offline.
export type { Faults } from './faults.ts';
export { type NeonLocal, type NeonLocalOptions, startNeonLocal } from './neon-local.ts';

// The typed client for browsers, Node and Workers.
export {
  type CallOptions,
  type Credentials,
  createSalusClient,
  type SalusClient,
  type SalusClientOptions,
  type SalusProcedures,
} from './client.ts';
export { SalusError, type SalusErrorCode } from './errors.ts';
export type { Tokens } from './session.ts';

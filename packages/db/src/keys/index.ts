// The life of keys, for whoever operates a deployment (docs/keys.md). Runs in Node on the owner's connection.
export type { JobOptions, Progress } from './progress.ts';
export { resealPatients } from './reseal.ts';
export { resealAccounts } from './reseal-accounts.ts';
export { resealOrganization } from './reseal-organization.ts';
export { retireOrganizationKeys } from './retire.ts';
export { rewrapPatientKeys } from './rewrap.ts';
export { type Rotation, rotateOrganizationKey } from './rotate-organization.ts';
export { rotateRootKey } from './rotate-root.ts';
export { type KeyStatus, keyStatus } from './status.ts';
export { everyOrganization } from './stored.ts';

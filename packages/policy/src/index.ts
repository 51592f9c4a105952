// Who may do what to which field, and for which purpose of use.
export { PolicyError, type PolicyErrorCode } from './errors.ts';
export { type AccessRequest, authorize, Grant, type GrantedField, type Subject } from './grant.ts';
export { ACTIONS, type Action, type Relationship, type Rule } from './rule.ts';
export { POLICY, type PolicyResource } from './table.ts';

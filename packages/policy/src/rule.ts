// The form of a line in the policy table.
import type { PurposeOfUse } from '@salus/schema';

/**
 * What must join the caller to the record, checked by the database for every row:
 * `care_team` a line in the care team; `self` the record is the caller's own; `organization` the record belongs to the
 * caller's organization, and the role's fields are all that bounds it.
 */
export type Relationship = 'care_team' | 'self' | 'organization';

export const ACTIONS = ['create', 'read', 'list', 'search', 'update', 'delete'] as const;

export type Action = (typeof ACTIONS)[number];

export interface Rule<F extends string> {
  /** Purposes of use for which the role may act at all. */
  readonly purposes: readonly PurposeOfUse[];
  readonly relationship: Relationship;
  /** The fields that each action may touch. An action that is not here is refused. */
  readonly actions: { readonly [A in Action]?: readonly F[] };
  /** Longest time since the second factor, in seconds. Absent: the session's own bound is enough. */
  readonly secondFactorWithin?: number;
}

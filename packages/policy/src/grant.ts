// The second capability: who may do what, to which fields, for which purpose. A repository takes nothing else, and only
// `authorize` makes one, so that no call reaches the database around the policy.
import type { OrganizationId, PurposeOfUse, Role, SessionId, UserId } from '@salus/schema';
import { PolicyError } from './errors.ts';
import type { Action, Relationship } from './rule.ts';
import { POLICY, type PolicyResource } from './table.ts';

/** Who asks: a verified session. */
export interface Subject {
  readonly userId: UserId;
  readonly sessionId: SessionId;
  readonly organizationId: OrganizationId;
  readonly role: Role;
  /** When the second factor was given, in seconds since the epoch. */
  readonly secondFactorAt: number;
}

/** The fields that some role may touch in this resource. */
export type GrantedField<R extends PolicyResource> = FieldsOf<NonNullable<(typeof POLICY)[R][Role]>>;
type FieldsOf<T> = T extends { actions: { [A in Action]?: readonly (infer F)[] } } ? F : never;

export interface AccessRequest<R extends PolicyResource> {
  readonly resource: R;
  readonly action: Action;
  readonly purpose: PurposeOfUse | null;
  /** What the caller asks for; absent: all that the rule grants. More than it grants is refused, never trimmed. */
  readonly fields?: readonly string[] | undefined;
  /** The fields that a search compares. Whoever may not read one is refused, because finding confirms its value. */
  readonly by?: readonly string[];
}

const MINT = Symbol('mint');

export class Grant<R extends PolicyResource = PolicyResource> {
  readonly subject: Subject;
  readonly resource: R;
  readonly action: Action;
  readonly purpose: PurposeOfUse;
  readonly relationship: Relationship;
  readonly fields: readonly GrantedField<R>[];

  constructor(
    mint: typeof MINT,
    granted: Pick<Grant<R>, 'subject' | 'resource' | 'action' | 'purpose' | 'relationship' | 'fields'>,
  ) {
    if (mint !== MINT) throw new TypeError('a grant is made by authorize()');
    this.subject = granted.subject;
    this.resource = granted.resource;
    this.action = granted.action;
    this.purpose = granted.purpose;
    this.relationship = granted.relationship;
    this.fields = granted.fields;
  }
}

/**
 * Decides on a request at `now` (milliseconds since the epoch).
 * @throws PolicyError with the first reason to refuse.
 */
export function authorize<R extends PolicyResource>(
  subject: Subject,
  request: AccessRequest<R>,
  now: number,
): Grant<R> {
  const { resource, action, purpose, by = [] } = request;
  const rule = POLICY[resource][subject.role];
  const granted: readonly string[] | undefined = rule?.actions[action];
  if (!rule || !granted) throw new PolicyError('role_not_permitted');
  if (!purpose) throw new PolicyError('purpose_required');
  if (!rule.purposes.includes(purpose)) throw new PolicyError('purpose_not_permitted');
  const age = now / 1000 - subject.secondFactorAt;
  if (rule.secondFactorWithin !== undefined && age > rule.secondFactorWithin) {
    throw new PolicyError('step_up_required');
  }
  const fields = request.fields === undefined ? granted : request.fields;
  const readable: readonly string[] = rule.actions.read ?? [];
  if (!fields.every((field) => granted.includes(field)) || !by.every((field) => readable.includes(field))) {
    throw new PolicyError('field_not_granted');
  }
  return new Grant<R>(MINT, {
    subject,
    resource,
    action,
    purpose,
    relationship: rule.relationship,
    fields: fields as readonly GrantedField<R>[], // each was found among the rule's own
  });
}

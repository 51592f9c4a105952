// Why a call was refused. The codes are stable and say nothing of any record.

export type PolicyErrorCode =
  | 'purpose_required'
  | 'purpose_not_permitted'
  | 'role_not_permitted'
  | 'field_not_granted'
  | 'step_up_required';

export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly code: PolicyErrorCode;

  constructor(code: PolicyErrorCode) {
    super(code);
    this.code = code;
  }
}

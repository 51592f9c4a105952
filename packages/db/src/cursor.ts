// Where a list goes on. A cursor is the position of the last item and a code that only this organization's key can make, over
// the caller, the procedure and the filter, so that one cannot be written by hand or carried to another list.
import { blindIndex, fromBase64Url, type OrganizationKey, timingSafeEqual, toBase64Url } from '@salus/crypto';

export class CursorError extends Error {
  override readonly name = 'CursorError';
  readonly code = 'cursor_invalid';

  constructor() {
    super('cursor_invalid');
  }
}

/** The list that a cursor belongs to. */
export interface List {
  readonly organizationKey: OrganizationKey;
  readonly procedure: string;
  readonly userId: string;
  /** What narrows the list, or an empty text. */
  readonly filter: string;
}

const CODE_BYTES = 32;

/** @param position of the last item, in the order of the list: its id, or what it is ordered by */
export async function cursorAfter(list: List, position: string): Promise<string> {
  const text = new TextEncoder().encode(position);
  const code = await codeFor(list, position);
  const bytes = new Uint8Array(text.length + code.length);
  bytes.set(text);
  bytes.set(code, text.length);
  return toBase64Url(bytes);
}

/** @throws CursorError when the cursor is not one, or is another list's */
export async function positionInCursor(list: List, cursor: string): Promise<string> {
  const bytes = bytesOf(cursor);
  const position = new TextDecoder().decode(bytes.subarray(0, -CODE_BYTES));
  if (!timingSafeEqual(bytes.subarray(-CODE_BYTES), await codeFor(list, position))) throw new CursorError();
  return position;
}

function bytesOf(cursor: string): Uint8Array {
  try {
    return fromBase64Url(cursor);
  } catch {
    throw new CursorError();
  }
}

function codeFor({ organizationKey, procedure, userId, filter }: List, position: string) {
  return blindIndex(organizationKey, 'cursor', procedure, `${userId}|${position}|${filter}`);
}

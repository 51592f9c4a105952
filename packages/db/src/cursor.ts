// Where a list goes on. A cursor is the last id and a code that only this organization's key can make, over the caller,
// the procedure and the filter, so that one cannot be written by hand or carried to another list.
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

const ID_BYTES = 36;

export async function cursorAfter(list: List, id: string): Promise<string> {
  const text = new TextEncoder().encode(id);
  const code = await codeFor(list, id);
  const bytes = new Uint8Array(text.length + code.length);
  bytes.set(text);
  bytes.set(code, text.length);
  return toBase64Url(bytes);
}

/** @throws CursorError when the cursor is not one, or is another list's */
export async function idInCursor(list: List, cursor: string): Promise<string> {
  const bytes = bytesOf(cursor);
  const id = new TextDecoder().decode(bytes.subarray(0, ID_BYTES));
  if (!timingSafeEqual(bytes.subarray(ID_BYTES), await codeFor(list, id))) throw new CursorError();
  return id;
}

function bytesOf(cursor: string): Uint8Array {
  try {
    return fromBase64Url(cursor);
  } catch {
    throw new CursorError();
  }
}

function codeFor({ organizationKey, procedure, userId, filter }: List, id: string) {
  return blindIndex(organizationKey, 'cursor', procedure, `${userId}|${id}|${filter}`);
}

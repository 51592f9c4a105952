// A blind index: what stands in a column so that a sealed value can be found by equality. HMAC-SHA-256 under a key that
// the database never sees; table and column are part of the input, so that equal values in two columns do not look equal.
import { type Bytes, concat, lengthPrefixed, utf8 } from './bytes.ts';
import { hmac } from './hmac.ts';
import type { OrganizationKey } from './organization-key.ts';

const DOMAIN = 'salus/blind-index/v1';

/**
 * @param normalised what equal values have in common; see `normalise`
 * @returns 32 bytes
 */
export function blindIndex(
  organizationKey: OrganizationKey,
  table: string,
  column: string,
  normalised: string,
): Promise<Bytes> {
  const input = concat(
    utf8(DOMAIN),
    lengthPrefixed([organizationKey.organization, table, column, normalised]),
  );
  return hmac(organizationKey.blindIndex, input);
}

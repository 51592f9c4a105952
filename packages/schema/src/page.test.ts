import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { pageOf, pageRequest } from './page.ts';

describe('a request for a page', () => {
  it('asks for 25 when it does not say', () => {
    expect(pageRequest.parse({})).toStrictEqual({ limit: 25 });
  });

  it.each([1, 2, 99, 100])('may ask for %d', (limit) => {
    expect(pageRequest.parse({ limit })).toStrictEqual({ limit });
  });

  it.each([
    ...[0, -1, -0, 101, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 53 + 2, 1e308],
    ...['25', '1e1', null, true, [25], 25n],
  ])('VAL-08: may not ask for %s', (limit) => {
    expect(pageRequest.safeParse({ limit }).success).toBe(false);
  });

  it('may carry a cursor of up to 200 characters', () => {
    expect(pageRequest.safeParse({ cursor: 'a'.repeat(200) }).success).toBe(true);
    expect(pageRequest.safeParse({ cursor: 'a'.repeat(201) }).success).toBe(false);
    expect(pageRequest.safeParse({ cursor: null }).success).toBe(false);
  });

  it('VAL-01: has no order, direction or filter to inject into', () => {
    for (const extra of ['orderBy', 'direction', 'where', 'offset']) {
      expect(pageRequest.safeParse({ [extra]: 'id; drop table patients' }).success).toBe(false);
    }
  });
});

describe('a page', () => {
  const page = pageOf(z.strictObject({ id: z.string() }));

  it('is its items and where the next ones start, null after the last', () => {
    expect(page.safeParse({ items: [{ id: 'a' }], nextCursor: 'b' }).success).toBe(true);
    expect(page.safeParse({ items: [], nextCursor: null }).success).toBe(true);
  });

  it('carries nothing else, in itself or in its items', () => {
    expect(page.safeParse({ items: [], nextCursor: null, total: 3 }).success).toBe(false);
    expect(page.safeParse({ items: [{ id: 'a', ssn: 'b' }], nextCursor: null }).success).toBe(false);
    expect(page.safeParse({ items: [] }).success).toBe(false);
  });
});

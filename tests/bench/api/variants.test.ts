// The Workers that lack a part are built from the product's own sources: when a function that they replace gets another
// name, this fails, and not the honesty of the shares.
import { describe, expect, it } from 'vitest';
import { bundleVariant, VARIANTS, type Variant } from './variants.ts';

const scriptOf = async (variant: Variant) => {
  const [entry] = await bundleVariant(variant);
  return Buffer.from(entry?.contents ?? []).toString('utf8');
};

describe('a Worker without a part', () => {
  it.each(Object.keys(VARIANTS) as Variant[])('is built: %s', async (variant) => {
    const script = await scriptOf(variant);
    expect(script.length).toBeGreaterThan(100_000);
    if (variant !== 'none') expect(script).not.toBe(await scriptOf('none'));
  });
});

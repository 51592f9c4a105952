// Medians and quantiles. Never a mean: one pause of the machine would move it.

/** The value below which a share of the numbers lies (nearest rank). @throws RangeError when there are none */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = Math.max(0, Math.ceil(share * sorted.length) - 1);
  const value = sorted[at];
  if (value === undefined) throw new RangeError('a quantile is of at least one number');
  return value;
}

/** @throws RangeError when there are none */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new RangeError('a median is of at least one number');
  return (upper + lower) / 2;
}

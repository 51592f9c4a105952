// Work side by side, and what it came to one after the other.

/**
 * Works on items, so many at once, and gives what each came to in the order of the items.
 * @throws what the work on an item throws, when its turn has come
 */
export async function* inOrder<T, R>(
  items: Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void> {
  const underWay: Promise<R>[] = [];
  for (const item of items) {
    const working = work(item);
    // Its turn never comes when one before it has failed.
    working.catch(() => undefined);
    underWay.push(working);
    if (underWay.length === atOnce) yield* underWay.splice(0, 1);
  }
  yield* underWay;
}

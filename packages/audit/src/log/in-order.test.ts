// Side by side, in order, and no further ahead than it was told.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inOrder } from './in-order.ts';

/** Lets whatever is ready go on, some times. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
}

describe('work side by side', () => {
  it('comes in the order of the items, however long each takes, with no more at once than was said', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(30)), fc.integer({ min: 1, max: 8 }), async (lengths, atOnce) => {
        let under = 0;
        let most = 0;
        const work = async (length: number) => {
          under += 1;
          most = Math.max(most, under);
          await turns(length);
          under -= 1;
          return length;
        };
        const found: number[] = [];
        for await (const length of inOrder(lengths, atOnce, work)) found.push(length);
        expect(found).toStrictEqual(lengths);
        expect(most).toBe(Math.min(atOnce, lengths.length));
      }),
    );
  });

  it('of items without end goes as far as somebody asks, and as many further', async () => {
    const begun: number[] = [];
    const numbers = function* () {
      for (let number = 0; ; number++) yield number;
    };
    const work = async (number: number) => {
      begun.push(number);
      return number;
    };
    for await (const number of inOrder(numbers(), 4, work)) if (number === 5) break;
    expect(begun).toStrictEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('that fails is told of in its turn, after what came before it', async () => {
    const found: number[] = [];
    const work = async (number: number) => {
      if (number > 1) throw new Error(`no ${number}`);
      await turns(20);
      return number;
    };
    const all = async () => {
      for await (const number of inOrder([0, 1, 2, 3], 4, work)) found.push(number);
    };
    await expect(all()).rejects.toThrow('no 2');
    expect(found).toStrictEqual([0, 1]);
  });
});

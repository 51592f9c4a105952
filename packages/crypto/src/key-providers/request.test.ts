import { describe, expect, it } from 'vitest';
import { KeyProviderError } from '../errors.ts';
import { type Outside, outside } from './outside.ts';
import { callKeyService } from './request.ts';
import { secureUrl } from './secure-url.ts';

const url = secureUrl('https://kms.clinic.example', false) ?? expect.fail('a sound URL');
const request = () => ({ url, headers: {}, body: '' });
const read = () => {
  throw new KeyProviderError('throttled');
};

function watched(random: number): { slept: number[]; sent: RequestInit[]; outside: Outside } {
  const slept: number[] = [];
  const sent: RequestInit[] = [];
  return {
    slept,
    sent,
    outside: {
      ...outside,
      random: () => random,
      sleep: async (milliseconds) => void slept.push(milliseconds),
      fetch: async (_, init) => {
        sent.push(init);
        return new Response('{}');
      },
    },
  };
}

describe('between tries', () => {
  it.each([
    [0, [0, 0, 0]],
    [0.5, [50, 100, 200]],
    [1, [100, 200, 400]],
  ])('the wait is a random part (%d) of twice the one before', async (random, waits) => {
    const world = watched(random);
    const call = callKeyService(world.outside, outside.deadline(10_000), request, read);
    await expect(call).rejects.toStrictEqual(new KeyProviderError('throttled'));
    expect(world.slept).toEqual(waits);
    expect(world.sent).toHaveLength(4);
  });

  it('nothing is waited for, nor tried, once the deadline has passed', async () => {
    const world = watched(1);
    const passed = AbortSignal.abort();
    await expect(callKeyService(world.outside, passed, request, read)).rejects.toThrow(KeyProviderError);
    expect(world.slept).toEqual([]);
  });

  it('a deadline that passes while it waits is the last word', async () => {
    const world = watched(1);
    const deadline = new AbortController();
    const sleep = async () => deadline.abort();
    const call = callKeyService({ ...world.outside, sleep }, deadline.signal, request, read);
    await expect(call).rejects.toStrictEqual(new KeyProviderError('throttled'));
    expect(world.sent).toHaveLength(1);
  });
});

it('a try has its own deadline, within that of the call', async () => {
  const asked: number[] = [];
  const world = watched(0);
  const deadline = (milliseconds: number) => {
    asked.push(milliseconds);
    return AbortSignal.timeout(20);
  };
  const fetch: Outside['fetch'] = (_, { signal }) =>
    new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('late'))));
  const call = callKeyService(
    { ...world.outside, deadline, fetch },
    AbortSignal.timeout(10_000),
    request,
    read,
  );
  await expect(call).rejects.toStrictEqual(new KeyProviderError('unavailable'));
  expect(asked).toEqual([2000, 2000, 2000, 2000]);
});

it('an error of the code itself is not taken for one of the service', async () => {
  const world = watched(0);
  const broken = () => {
    throw new RangeError('a mistake');
  };
  await expect(callKeyService(world.outside, outside.deadline(1000), request, broken)).rejects.toThrow(
    RangeError,
  );
  expect(world.sent).toHaveLength(1);
});

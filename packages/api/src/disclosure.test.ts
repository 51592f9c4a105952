import { Disclosed } from '@salus/db';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { revealed } from './disclosure.ts';

it('reveals nothing that no repository disclosed, whatever the compiler was told', () => {
  const lookalike: unknown = Object.create(Disclosed.prototype);
  for (const value of ['a name', { reveal: () => 'a name' }, lookalike]) {
    expect(() => revealed(z.string(), value as Disclosed<string>)).toThrow(TypeError);
  }
});

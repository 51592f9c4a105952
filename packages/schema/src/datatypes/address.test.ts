import { describe, expect, it } from 'vitest';
import { address } from './address.ts';

describe('an address', () => {
  it.each([
    [
      'of the United States',
      { line: ['1 Main St', 'Apt 2'], city: 'Boston', state: 'MA', postalCode: '02101', country: 'US' },
    ],
    ['elsewhere', { line: ['東京都千代田区1-1'], postalCode: '〒100-8111' }],
    ['without a street', { line: [], city: 'Ódáðahraun' }],
    ['of lines alone', { line: ['General Delivery'] }],
  ])('%s is kept exactly', (_, value) => {
    expect(address.parse(value)).toStrictEqual(value);
  });

  it('keeps the zeros of a postal code, which is no number', () => {
    expect(address.parse({ line: [], postalCode: '02101' }).postalCode).toBe('02101');
    expect(address.safeParse({ line: [], postalCode: 2101 }).success).toBe(false);
  });

  it.each([
    ['that says nothing', { line: [] }],
    ['without its lines', { city: 'Boston' }],
    ['with an empty line', { line: [''] }],
    ['with an empty city', { line: ['1 Main St'], city: '' }],
    ['of six lines', { line: Array(6).fill('x') }],
    ['with a long line', { line: ['x'.repeat(201)] }],
    ['with a line of two', { line: ['1 Main St\nApt 2'] }],
    ['with a null', { line: ['1 Main St'], city: null }],
  ])('%s is refused', (_, value) => {
    expect(address.safeParse(value).success).toBe(false);
  });
});

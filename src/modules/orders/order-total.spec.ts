import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PRODUCT_LIMITS } from '../products/index.js';
import { ORDER_LIMITS, totalCentsOf, type OrderLine } from './order-total.js';

const line = fc.record({
  sku: fc.string({ minLength: 1, maxLength: PRODUCT_LIMITS.skuLength }),
  quantity: fc.integer({ min: 1, max: ORDER_LIMITS.quantity }),
  unitPriceCents: fc.integer({ min: 0, max: PRODUCT_LIMITS.priceCents }),
});

describe('totalCentsOf', () => {
  it('adds up quantity times price', () => {
    const lines = [
      { sku: 'pen', quantity: 3, unitPriceCents: 150 },
      { sku: 'gift', quantity: 1, unitPriceCents: 0 },
      { sku: 'ink', quantity: 2, unitPriceCents: 999 },
    ];
    expect(totalCentsOf(lines)).toBe(2_448);
  });

  it('is exact for every order within the limits', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: ORDER_LIMITS.items }), (lines) => {
        const exact = lines.reduce(
          (sum, { quantity, unitPriceCents }) => sum + BigInt(quantity) * BigInt(unitPriceCents),
          0n,
        );
        expect(BigInt(totalCentsOf(lines))).toBe(exact);
      }),
    );
  });

  it('stays a safe integer for the largest order', () => {
    const { items, quantity } = ORDER_LIMITS;
    const { priceCents: unitPriceCents } = PRODUCT_LIMITS;
    const largest = Array.from({ length: items }, (): OrderLine => ({ sku: 'x', quantity, unitPriceCents }));
    expect(totalCentsOf(largest)).toBe(100_000_000_000_000);
    expect(Number.isSafeInteger(totalCentsOf(largest))).toBe(true);
  });
});

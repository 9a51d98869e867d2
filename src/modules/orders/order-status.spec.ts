import { describe, expect, it } from '@jest/globals';
import { moveOrder, ORDER_STATUSES, ORDER_STEPS } from './order-status.js';

describe('moveOrder', () => {
  it.each([
    ['new', 'change', 'new'],
    ['new', 'pay', 'paid'],
    ['new', 'cancel', 'canceled'],
    ['paid', 'ship', 'shipped'],
    ['paid', 'cancel', 'canceled'],
  ] as const)('moves an order that is %s by %s to %s', (status, step, next) => {
    expect(moveOrder(status, step)).toBe(next);
  });

  it('knows no other move', () => {
    const moves = ORDER_STATUSES.flatMap((status) => ORDER_STEPS.map((step) => moveOrder(status, step)));
    expect(moves.filter((next) => next !== undefined)).toHaveLength(5);
  });
});

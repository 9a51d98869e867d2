import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { moveOrder, ORDER_STATUSES, ORDER_STEPS, statusesAllowing } from './order-status.js';

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

  it('never leaves a final state, whatever is tried', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...ORDER_STEPS)), (steps) => {
        let status: (typeof ORDER_STATUSES)[number] = 'new';
        for (const step of steps) {
          const next = moveOrder(status, step);
          if (status === 'shipped' || status === 'canceled') expect(next).toBeUndefined();
          status = next ?? status;
        }
      }),
    );
  });
});

describe('statusesAllowing', () => {
  it('names the states in which a step is allowed', () => {
    expect(statusesAllowing('cancel')).toEqual(['new', 'paid']);
    expect(statusesAllowing('change')).toEqual(['new']);
  });
});

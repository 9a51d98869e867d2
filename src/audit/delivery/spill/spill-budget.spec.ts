import { describe, expect, it } from '@jest/globals';
import { SpillBudget } from './spill-folder.js';

describe('the budget of a spill', () => {
  it('is met to the byte, and not passed by one', () => {
    const budget = new SpillBudget(100);
    expect([budget.fits(100), budget.fits(101)]).toEqual([true, false]);
    budget.reserve(60);
    expect([budget.fits(40), budget.fits(41), budget.full]).toEqual([true, false, false]);
    budget.reserve(40);
    expect(budget.full).toBe(true);
  });

  it('is full while what was refused would be refused again', () => {
    const budget = new SpillBudget(100);
    budget.reserve(60);
    budget.refuse(50);
    expect(budget.full).toBe(true);
    budget.settle(10, false);
    expect(budget.full).toBe(false);
  });

  it('gets back what was reserved and not written', () => {
    const budget = new SpillBudget(100);
    budget.reserve(60);
    budget.settle(60, false);
    expect(budget.bytes).toBe(0);
    budget.reserve(60);
    budget.settle(60, true);
    expect(budget.bytes).toBe(60);
  });

  it('counts, beside what is measured, what was on its way when the measuring began and what came since', () => {
    const budget = new SpillBudget(1_000);
    budget.reserve(10);
    budget.settle(10, true);
    budget.reserve(20);
    const end = budget.recount();
    budget.reserve(30);
    end(5);
    expect(budget.bytes).toBe(5 + 20 + 30);
  });
});

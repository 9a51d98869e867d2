import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TruncationBudget } from './truncation-budget.js';
import { runs } from '../../../test/support/whole.js';

const text = fc.string({ unit: fc.constantFrom('a', '"', '\\', '\u0001', 'é', '🦉', '\ud800'), maxLength: 60 });

describe('a budget of bytes', () => {
  it('gives no text more bytes than it has, whatever its characters take as JSON', () => {
    let cut = 0;
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 120 }), (input, bytes) => {
        const budget = new TruncationBudget(bytes);
        const kept = budget.takeText(input, 1_000);
        if (kept === undefined) return;
        if (kept !== input) cut++;
        expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThanOrEqual(bytes);
        expect(budget.exceeded).toBe(kept !== input);
      }),
      { numRuns: runs(2_000) },
    );
    expect(cut).toBeGreaterThan(0);
  });

  it('cuts a text of the costliest characters so that it just fits', () => {
    for (let bytes = 0; bytes < 100; bytes++) {
      const kept = new TruncationBudget(bytes).takeText('\u0001'.repeat(100), 1_000);
      if (kept !== undefined) expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThanOrEqual(bytes);
    }
    expect(new TruncationBudget(15).takeText('\u0001'.repeat(100), 1_000)).toBeUndefined();
    expect(new TruncationBudget(16).takeText('\u0001'.repeat(100), 1_000)).toBe('\u0001…[cut]');
  });
});

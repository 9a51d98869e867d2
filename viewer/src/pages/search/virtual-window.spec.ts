import { describe, expect, it } from '@jest/globals';
import { offsetsOf, windowOf } from './virtual-window.js';

const offsets = offsetsOf([10, 20, 10, 10, 50]);

describe('windowOf', () => {
  it('draws what is partly seen', () => {
    expect([...offsets]).toEqual([0, 10, 30, 40, 50, 100]);
    expect(windowOf(offsets, 15, 42, 0)).toEqual({ first: 1, last: 4 });
    expect(windowOf(offsets, 0, 5, 0)).toEqual({ first: 0, last: 1 });
  });

  it('draws spare rows, and never more than there are', () => {
    expect(windowOf(offsets, 40, 45, 1)).toEqual({ first: 2, last: 5 });
    expect(windowOf(offsets, -500, 9_000, 3)).toEqual({ first: 0, last: 5 });
    expect(windowOf(offsetsOf([]), 0, 100)).toEqual({ first: 0, last: 0 });
  });
});

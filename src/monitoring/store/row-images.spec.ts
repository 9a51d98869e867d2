import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseExactly } from './row-images.js';

describe('the lines of a chunk', () => {
  it.each([
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740993', '9007199254740993'],
    ['-12345678901234567890', '-12345678901234567890'],
    ['0.1', 0.1],
    ['0.30000000000000004', 0.30000000000000004],
    ['0.1000000000000000000001', '0.1000000000000000000001'],
    ['1e-7', 1e-7],
    ['1e400', '1e400'],
  ])('read the number %s exactly', (json, value) => {
    expect(parseExactly(`[${json},{"n":${json}}]`)).toEqual([value, { n: value }]);
  });

  it('leave the digits of texts and names alone', () => {
    const json = String.raw`{"12345678901234567890":"say \"12345678901234567890\" 1e400 \\"}`;
    expect(parseExactly(json)).toEqual(JSON.parse(json));
  });

  it('are read as JSON otherwise', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        fc.pre(!/\d{16}|\d\.\d{15}|\d[eE]/.test(json));
        expect(parseExactly(json)).toEqual(JSON.parse(json));
      }),
    );
  });
});

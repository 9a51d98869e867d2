import { describe, expect, it } from '@jest/globals';
import { chooseEncoding } from './choose-encoding.js';

describe('the encoding of a file', () => {
  it.each([
    [undefined, 'identity'],
    ['', 'identity'],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip', 'gzip'],
    ['GZIP;q=0.5', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0.000, gzip;q=0', 'identity'],
    ['*', 'br'],
    ['br;q=0, *;q=0.1', 'gzip'],
    ['identity', 'identity'],
    ['br;q=nonsense', 'identity'],
  ])('for %j is %s', (accepted, expected) => {
    expect(chooseEncoding(accepted)).toBe(expected);
  });
});

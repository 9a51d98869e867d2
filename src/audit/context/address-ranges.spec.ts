import { describe, expect, it } from '@jest/globals';
import { addressTest, isAddressRange } from './address-ranges.js';

describe('a range of addresses', () => {
  it.each(['10.0.0.1', '10.0.0.0/8', '0.0.0.0/0', '::1', '2001:db8::/32'])('is written as %s', (text) => {
    expect(isAddressRange(text)).toBe(true);
  });

  it.each(['', 'proxy.local', '10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0/8', '/8'])(
    'is not written as %j',
    (text) => {
      expect(isAddressRange(text)).toBe(false);
    },
  );

  it.each([
    ['10.1.2.3', true],
    ['11.1.2.3', false],
    ['::ffff:10.1.2.3', true],
    ['192.0.2.1', true],
    ['192.0.2.2', false],
    ['2001:db8:1::1', true],
    ['2001:db9::1', false],
    ['nonsense', false],
    [undefined, false],
  ])('holds %s: %s', (address, isWithin) => {
    expect(addressTest(['10.0.0.0/8', '192.0.2.1', '2001:db8::/32'])(address)).toBe(isWithin);
  });
});

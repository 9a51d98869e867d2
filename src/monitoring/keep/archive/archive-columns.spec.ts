import { describe, expect, it } from '@jest/globals';
import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { toAddressRange, addressKey } from './archive-columns.js';

const v4 = fc.ipV4();
const v6 = fc.oneof(fc.ipV6(), fc.constantFrom('::', '::1', '::ffff:10.1.2.3', '2001:DB8::7', '1:2:3:4:5:6:7::'));
const network = fc.oneof(fc.tuple(v4, fc.nat(32)), fc.tuple(v6, fc.nat(128)));

describe('the key of an address', () => {
  it('lies between those of a network exactly if the network contains the address', () => {
    const isWithin = (address: string, { first, last }: ReturnType<typeof toAddressRange>): boolean => {
      const key = addressKey(address) ?? '';
      return key >= first && key <= last;
    };
    fc.assert(
      fc.property(fc.oneof(v4, v6), network, (address, [base, bits]) => {
        const list = new BlockList();
        list.addSubnet(base, bits, isIP(base) === 4 ? 'ipv4' : 'ipv6');
        const isSame = isIP(address) === isIP(base) && list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
        expect(isWithin(address, toAddressRange(`${base}/${bits}`))).toBe(isSame);
        expect(isWithin(base, toAddressRange(base))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is undefined for other texts', () => {
    expect(['', 'x', '10.1.2', '::1%eth0', '10.0.0.0/8'].map(addressKey)).toEqual(Array(5).fill(undefined));
  });
});

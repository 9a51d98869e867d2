import { expect, it } from '@jest/globals';
import { normalizeIp } from './normalize-ip.js';

it.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['::FFFF:203.0.113.7', '203.0.113.7'],
  ['2001:db8::1', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::1', '::1'],
  ['::', '::'],
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:0db8:0000:0001:0001:0001:0001:0001', '2001:db8:0:1:1:1:1:1'],
  ['::ffff:cb00:7107', '203.0.113.7'],
  ['0:0:0:0:0:FFFF:203.0.113.7', '203.0.113.7'],
  ['64:ff9b::203.0.113.7', '64:ff9b::cb00:7107'],
  ['::203.0.113.7', '::203.0.113.7'],
  ['::5', '::5'],
  ['::5:0', '::0.5.0.0'],
  ['fe80::ABCD%eth0', 'fe80::abcd'],
  ['', undefined],
  ['unknown', undefined],
  ['300.1.1.1', undefined],
  ['::ffff:300.1.1.1', undefined],
  ['203.0.113.7:8080', undefined],
  ['203.0.113.7, 10.0.0.1', undefined],
  ["1.2.3.4'; DROP TABLE", undefined],
  [undefined, undefined],
])('an address %j is stored as %j', (input, stored) => {
  expect(normalizeIp(input)).toBe(stored);
});

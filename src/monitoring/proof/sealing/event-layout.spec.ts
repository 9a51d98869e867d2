import { expect, it } from '@jest/globals';
import { EVENT_FIELDS } from './event-layout.js';

it('the layout of an event has each pointer, column and bit once', () => {
  for (const input of [EVENT_FIELDS.map(({ pointer }) => pointer), EVENT_FIELDS.map(({ column }) => column)]) {
    expect(new Set(input).size).toBe(input.length);
  }
  const bits = EVENT_FIELDS.flatMap(({ bit }) => (bit === 0 ? [] : [bit])).toSorted((one, other) => one - other);
  expect(bits).toEqual(bits.map((_, nth) => 2 ** nth));
});

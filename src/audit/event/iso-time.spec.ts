import { describe, expect, it } from '@jest/globals';
import { isoTime } from './iso-time.js';

describe('isoTime', () => {
  it.each([0, -1, -1_000, -1_001, 999, 1_000, 1_763_600_000_123, 253_402_300_799_999, 8.64e15, -8.64e15])(
    'writes %d as Date does',
    (milliseconds) => {
      for (const near of [milliseconds, milliseconds + 1, milliseconds - 1, milliseconds + 1_000]) {
        const time = new Date(near);
        if (!Number.isNaN(time.getTime())) expect(isoTime(time)).toBe(time.toISOString());
      }
    },
  );

  it('refuses an invalid date, also after one that it wrote', () => {
    isoTime(new Date(0));
    expect(() => isoTime(new Date(Number.NaN))).toThrow(RangeError);
    expect(isoTime(new Date(1))).toBe('1970-01-01T00:00:00.001Z');
  });
});

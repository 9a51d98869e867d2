import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createFirstIdAt, listMonths, parseIdTime } from './id-time.js';

const monthsAt = (...times: string[]): readonly string[] =>
  listMonths(times.map((time) => createFirstIdAt(new Date(time)))).map((month) => month.toISOString());

describe('the months of ids', () => {
  it('contain each month once, in any order', () => {
    expect(monthsAt('2026-11-01T00:00:00Z', '2026-12-31T23:59:59.999Z', '2026-11-30T23:59:59.999Z')).toEqual([
      '2026-11-01T00:00:00.000Z',
      '2026-12-01T00:00:00.000Z',
    ]);
  });

  it('share one month for all early times of a wrong clock, and one for all late times', () => {
    expect(monthsAt('1970-01-01', '1999-12-31', '2019-12-31T23:59:59.999Z')).toEqual(['2019-01-01T00:00:00.000Z']);
    expect(createFirstIdAt(new Date(8.64e15))).toMatch(/^ffffffff-ffff-7/); // the last time that a Date can have
    expect(monthsAt('2100-01-01', '9999-12-31')).toEqual(['2100-01-01T00:00:00.000Z']);
    expect(monthsAt('2020-01-01', '2099-12-31')).toHaveLength(2);
  });

  it('are at most as many as the partitions, and times that PostgreSQL can read, for any ids', () => {
    fc.assert(
      fc.property(fc.array(fc.uuid()), (ids) => {
        const months = listMonths(ids).map((month) => month.toISOString());
        expect(months.length > 0).toBe(ids.length > 0);
        expect(months.every((month) => /^(2019|20[2-9]\d|2100)-\d\d-01T00:00:00\.000Z$/.test(month))).toBe(true);
      }),
    );
  });
});

it('createFirstIdAt and parseIdTime are inverse', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }), (time) => {
      expect(parseIdTime(createFirstIdAt(time))).toEqual(time);
    }),
  );
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { firstIdAt, monthsOf, timeOfId } from './id-time.js';

const monthsAt = (...times: string[]): readonly string[] =>
  monthsOf(times.map((time) => firstIdAt(new Date(time)))).map((month) => month.toISOString());

describe('the months of ids', () => {
  it('are each once, whatever the order', () => {
    expect(monthsAt('2026-11-01T00:00:00Z', '2026-12-31T23:59:59.999Z', '2026-11-30T23:59:59.999Z')).toEqual([
      '2026-11-01T00:00:00.000Z',
      '2026-12-01T00:00:00.000Z',
    ]);
  });

  it('are one for all that a wrong clock puts too early, and one for all that it puts too late', () => {
    expect(monthsAt('1970-01-01', '1999-12-31', '2019-12-31T23:59:59.999Z')).toEqual(['2019-01-01T00:00:00.000Z']);
    expect(firstIdAt(new Date(8.64e15))).toMatch(/^ffffffff-ffff-7/); // the last Date that there is
    expect(monthsAt('2100-01-01', '9999-12-31')).toEqual(['2100-01-01T00:00:00.000Z']);
    expect(monthsAt('2020-01-01', '2099-12-31')).toHaveLength(2);
  });

  it('are never more than there are partitions, and each a time that PostgreSQL reads, whatever the ids', () => {
    fc.assert(
      fc.property(fc.array(fc.uuid()), (ids) => {
        const months = monthsOf(ids).map((month) => month.toISOString());
        expect(months.length > 0).toBe(ids.length > 0);
        expect(months.every((month) => /^(2019|20[2-9]\d|2100)-\d\d-01T00:00:00\.000Z$/.test(month))).toBe(true);
      }),
    );
  });
});

it('the time of an id is the one that it was made from', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }), (time) => {
      expect(timeOfId(firstIdAt(time))).toEqual(time);
    }),
  );
});

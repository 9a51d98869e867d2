import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { isTimeZone } from './query-times.js';

describe('isTimeZone', () => {
  afterEach(() => void jest.restoreAllMocks());

  it('keeps one format for all spellings of a zone, since each takes 30 kB for good', () => {
    const formats = jest.spyOn(Intl, 'DateTimeFormat');
    const zones = ['Asia/Tokyo', 'asia/tokyo', 'ASIA/TOKYO', 'aSiA/tOkYo'];
    expect(zones.map(isTimeZone)).toEqual([true, true, true, true]);
    expect(formats).toHaveBeenCalledTimes(1);
  });
});

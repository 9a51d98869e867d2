import { describe, expect, it } from '@jest/globals';
import { resolveCountRange } from './count-events.js';
import type { StatsQuery } from './stats-query.dto.js';

const NOW = new Date('2026-11-20T08:00:00.123Z');
const query = (fields: Partial<StatsQuery>): StatsQuery => ({ by: 'type', groups: 10, ...fields });

describe('the range of time of a count', () => {
  it('is the last 30 days by default', () => {
    expect(resolveCountRange(query({}), NOW)).toEqual({ from: new Date('2026-10-21T08:00:00.123Z'), to: NOW });
  });

  it('is the 30 days before its end, or from its beginning until now', () => {
    const to = '2026-03-01T00:00:00Z';
    expect(resolveCountRange(query({ to }), NOW)).toEqual({ from: new Date('2026-01-30T00:00:00Z'), to: new Date(to) });
    expect(resolveCountRange(query({ from: to }), NOW)).toEqual({ from: new Date(to), to: NOW });
  });

  it('is at most 400 days, and 1,000 steps', () => {
    const to = '2026-02-05T00:00:00Z';
    const from = '2025-01-01T00:00:00Z';
    expect(resolveCountRange(query({ from, to }), NOW)).toMatchObject({ from: new Date(from) });
    expect(() => resolveCountRange(query({ from: '2024-12-31T23:59:59.999Z', to }), NOW)).toThrow(
      'at most 400 days apart',
    );
    const hours = { to, interval: 'hour' } as const;
    expect(resolveCountRange(query({ ...hours, from: '2025-12-25T08:00:00Z' }), NOW)).toMatchObject({
      to: new Date(to),
    });
    expect(() => resolveCountRange(query({ ...hours, from: '2025-12-25T07:59:59.999Z' }), NOW)).toThrow(
      'more than 1000',
    );
  });
});

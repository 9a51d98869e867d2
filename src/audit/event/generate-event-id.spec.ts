import { describe, expect, it, jest } from '@jest/globals';
import { getClockMs, generateEventId } from './generate-event-id.js';

describe('the ids of events', () => {
  it('are UUIDv7, in their order, each a new one, also when new random bytes are drawn', () => {
    const ids = Array.from({ length: 5_000 }, generateEventId);

    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(ids).toEqual([...new Set(ids)].sort());
  });

  it('differ in their last 32 bits, too, which no counter makes', () => {
    expect(new Set(Array.from({ length: 5_000 }, () => generateEventId().slice(-8))).size).toBeGreaterThan(4_990);
  });
});

it.each([
  [NaN, '1970-01-01T00:00:00.000Z'],
  [1.5, '1970-01-01T00:00:00.001Z'],
  [Infinity, '9999-12-31T23:59:59.999Z'],
])('a clock of %d gives an event the time %s', (now, time) => {
  const clock = jest.spyOn(Date, 'now').mockReturnValue(now);
  const read = getClockMs();
  clock.mockRestore();
  expect(new Date(read).toISOString()).toBe(time);
});

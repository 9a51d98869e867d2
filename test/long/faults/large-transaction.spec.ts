import { expect, it } from '@jest/globals';
import { drainUpdates } from '../../support/large-transactions.js';

const MIB = 1024 * 1024;

it('200,000 one-row updates in a transaction are 200,000 events in their order, and its session stays small', async () => {
  const { events, broken, last, sessionBytes } = await drainUpdates(200_000);
  expect(broken).toEqual([]);
  expect(events).toBe(200_100);
  expect(new Set(Object.values(last))).toEqual(new Set([2_000]));
  expect(sessionBytes).toBeLessThan(32 * MIB);
});

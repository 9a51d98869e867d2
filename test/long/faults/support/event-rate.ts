import { setTimeout as pause } from 'node:timers/promises';
import { addEvents, withClient } from '../../../support/index.js';

/** How a writer kept to its rate. */
export interface ReachedRate {
  readonly events: number;
  /** How many seconds' quotas were written, each whole. */
  readonly quotas: number;
  readonly eventsPerSecond: number;
}

const SLICES = 10;

/**
 * Writes so many events a second, until `work` resolves: a tenth of them at each tenth of a second, whatever happens to the application. Where the
 * machine is too busy, what is due is written as fast as it can be, and the last second's quota is written to its end.
 */
export async function writeAtRate(url: string, perSecond: number, work: () => Promise<void>): Promise<ReachedRate> {
  let isDone = false;
  const writing = withClient(url, async (client) => {
    const startedAt = performance.now();
    let [slices, events] = [0, 0];
    while (!isDone || slices % SLICES > 0) {
      const due = startedAt + (slices * 1_000) / SLICES;
      await pause(Math.max(due - performance.now(), 0));
      events += (await addEvents(client, perSecond / SLICES)).length;
      slices += 1;
    }
    const seconds = Math.max((performance.now() - startedAt) / 1_000, slices / SLICES);
    return { events, quotas: slices / SLICES, eventsPerSecond: Math.round(events / seconds) };
  });
  try {
    await work();
  } finally {
    isDone = true;
    await writing;
  }
  return writing;
}

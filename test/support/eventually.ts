import { setTimeout as pause } from 'node:timers/promises';

/** Polls `probe` until it returns something other than `undefined` or `false`; fails after `withinMs`. */
export async function eventually<Found>(
  probe: () => Found | undefined | false | Promise<Found | undefined | false>,
  withinMs = 5_000,
): Promise<Found> {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > giveUpAt) throw new Error(`Nothing was seen within ${withinMs} ms: ${probe.toString()}`);
    await pause(10);
  }
}

import { setTimeout as pause } from 'node:timers/promises';

/** No test waits that long for what comes: a machine may be busy. */
const GIVE_UP_MS = 120_000;

/** Polls `probe` until it returns something other than `undefined` or `false`; fails after two minutes. */
export async function eventually<Found>(
  probe: () => Found | undefined | false | Promise<Found | undefined | false>,
): Promise<Found> {
  const giveUpAt = Date.now() + GIVE_UP_MS;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > giveUpAt) throw new Error(`Nothing was seen within ${GIVE_UP_MS} ms: ${probe.toString()}`);
    await pause(10);
  }
}

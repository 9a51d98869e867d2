import { setTimeout as pause } from 'node:timers/promises';

/** No test waits that long for what comes: a machine may be busy. The mutants, most of which are seen by what never comes, wait shorter. */
const GIVE_UP_MS = Number(process.env.PATIENCE_MS ?? 120_000);
const FIRST_MS = 5;
const LAST_MS = 250;

/** Polls `probe`, more and more seldom, until it returns something other than `undefined` or `false`; fails after two minutes. */
export async function eventually<Found>(
  probe: () => Found | undefined | false | Promise<Found | undefined | false>,
): Promise<Found> {
  const giveUpAt = Date.now() + GIVE_UP_MS;
  for (let waitMs = FIRST_MS; ; waitMs = Math.min(waitMs * 1.5, LAST_MS)) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > giveUpAt) throw new Error(`Nothing was seen within ${GIVE_UP_MS} ms: ${probe.toString()}`);
    await pause(waitMs);
  }
}

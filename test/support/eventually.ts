import { setTimeout as pause } from 'node:timers/promises';

/** A busy machine may be slow, so the limit is generous. */
const GIVE_UP_MS = 120_000;
const FIRST_MS = 5;
const LAST_MS = 250;

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

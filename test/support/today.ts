import { setTimeout as pause } from 'node:timers/promises';

const DAY_MS = 86_400_000;
/** More than a busy machine takes for a spec that calls {@link today}. */
const ENOUGH_MS = 300_000;

/**
 * The day of UTC, such as `2026-11-24`, when there are at least five minutes left of it: else waits for the next one. For a spec whose
 * events must all be of one day; awaited where the spec begins, as a hook has no time for it.
 */
export async function today(): Promise<string> {
  const leftMs = DAY_MS - (Date.now() % DAY_MS);
  if (leftMs < ENOUGH_MS) await pause(leftMs + 1_000); // a second past midnight, also by PostgreSQL's clock
  return new Date().toISOString().slice(0, 10);
}

/** From 0 (inclusive) to 1. The same seed repeats the numbers. */
export type Random = () => number;

/** `FAULT_SEED` repeats the random moments of a run. */
export const FAULT_SEED = Number(process.env.FAULT_SEED ?? Date.now() % 1_000_000);

/** Each scenario has its own source (mulberry32), so that other scenarios do not shift its moments. */
export function createRandom(scenario: string): Random {
  let state = FAULT_SEED;
  for (const character of scenario) state = Math.imul(state ^ character.charCodeAt(0), 0x5bd1e995) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `high` is excluded. */
export function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low));
}

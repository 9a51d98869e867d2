/** A source of numbers from 0 (inclusive) to 1 that the same seed repeats. */
export type Random = () => number;

/** Where every random moment of a run comes from; `FAULT_SEED` repeats a run. */
export const FAULT_SEED = Number(process.env.FAULT_SEED ?? Date.now() % 1_000_000);

/** A source of its own for each scenario, so that the others do not shift its moments (mulberry32). */
export function randomOf(scenario: string): Random {
  let state = FAULT_SEED;
  for (const character of scenario) state = Math.imul(state ^ character.charCodeAt(0), 0x5bd1e995) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from `low` up to, and without, `high`. */
export function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low));
}

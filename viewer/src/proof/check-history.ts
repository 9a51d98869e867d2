import { decodeBase64, isSame } from './bytes.js';
import { open, proven, wrong, type Check } from './check-event.js';
import { isConsistent } from './merkle.js';
import type { Checkpoint } from './notes.js';

/**
 * The hashes of a consistency proof in base64, or the reason why they are missing. `refused`: the ledger cannot prove that the log only grew.
 * `forbidden`: this reader may not request the proof. `unavailable`: the ledger does not answer now.
 */
export type Consistency = readonly string[] | 'refused' | 'forbidden' | 'unavailable';

export async function checkHistory(
  seen: Checkpoint | undefined,
  current: Checkpoint,
  prove: (from: number, to: number) => Promise<Consistency>,
): Promise<Check> {
  if (seen === undefined) return open('consistency', 'first', { size: current.size });
  const values = { seen: seen.size, size: current.size };
  if (seen.origin !== current.origin) {
    return wrong('consistency', 'other-log', { ...values, origin: current.origin, before: seen.origin });
  }
  const [older, newer] = seen.size <= current.size ? [seen, current] : [current, seen];
  if (older.size === newer.size) {
    return isSame(older.rootHash, newer.rootHash)
      ? proven('consistency', 'same', values)
      : wrong('consistency', 'rewritten', values);
  }
  const response = await prove(older.size, newer.size);
  if (response === 'forbidden' || response === 'unavailable') return open('consistency', response, values);
  if (response === 'refused') return wrong('consistency', 'shortened', values);
  const hashes = response.map(decodeBase64).filter((hash) => hash !== undefined);
  const isRight = hashes.length === response.length && (await isConsistent(older, newer, hashes));
  return isRight ? proven('consistency', 'continues', values) : wrong('consistency', 'rewritten', values);
}

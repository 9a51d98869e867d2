import { HASH_BYTES, isSameHash } from '../log/merkle/hashes.js';
import { WITNESSES, type PlaceReading } from './log-reading.js';

const NOTHING = new Uint8Array(HASH_BYTES);

/** The hash that most witnesses of a place name; of as many, the first one's; zeros when none says anything. */
export function mostSay(place: PlaceReading): Uint8Array {
  let best: Uint8Array = NOTHING;
  let most = 0;
  for (const witness of WITNESSES) {
    const hash = place[witness];
    if (!hash || (most > 0 && isSameHash(hash, best))) continue;
    const votes = WITNESSES.filter((other) => isSameHash(place[other] ?? NOTHING, hash)).length;
    if (votes > most) [best, most] = [hash, votes];
  }
  return best;
}

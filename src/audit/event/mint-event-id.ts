import { randomFillSync } from 'node:crypto';
import { V7Generator } from 'uuidv7';
import { clockMs } from './clock.js';

/** Four kilobytes: the generator's own 32 bytes would be refilled after every few ids, which costs more than the rest of an id. */
const pool = new Uint32Array(1_024);
let used = pool.length;

const generator = new V7Generator({
  nextUint32: () => {
    if (used === pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    return pool[used++] ?? 0;
  },
});

const DIGITS = Buffer.from('0123456789abcdef');
/** The positions of each byte's two digits. */
const PLACES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
const text = Buffer.alloc(36, '-');

/** Makes a UUIDv7: greater than all earlier ones of this process, unless its clock was set back by more than ten seconds. */
export function mintEventId(): string {
  const { bytes } = generator.generateOrResetWithTs(clockMs());
  // Takes half the time of the generator's own method, which appends a digit to a text 32 times.
  for (let nth = 0; nth < PLACES.length; nth++) {
    const byte = bytes[nth] ?? 0;
    const place = PLACES[nth] ?? 0;
    text[place] = DIGITS[byte >> 4] ?? 0;
    text[place + 1] = DIGITS[byte & 15] ?? 0;
  }
  return text.toString('latin1');
}

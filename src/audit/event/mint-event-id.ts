import { randomFillSync } from 'node:crypto';
import { V7Generator } from 'uuidv7';

/** Four kilobytes: the generator's own 32 bytes would be redrawn for every few ids, which costs more than the rest of an id. */
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

/** A new UUIDv7: greater than those that this process made before, unless its clock was set back by more than ten seconds. */
export function mintEventId(): string {
  return generator.generate().toString();
}

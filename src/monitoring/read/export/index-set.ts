/** A set of sequence numbers, with one bit for each number up to the highest. */
export class IndexSet {
  /** The number of different sequence numbers. */
  size = 0;
  private bits = new Uint8Array(1_024);

  /** Adds a sequence number. Returns whether the set did not have it yet. */
  add(index: number): boolean {
    const [at, bit] = [Math.floor(index / 8), 1 << (index % 8)];
    if (at >= this.bits.length) {
      const grown = new Uint8Array(at * 2);
      grown.set(this.bits);
      this.bits = grown;
    }
    const byte = this.bits[at] ?? 0;
    if ((byte & bit) !== 0) return false;
    this.bits[at] = byte | bit;
    this.size += 1;
    return true;
  }
}

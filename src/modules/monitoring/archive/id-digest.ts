import { createHash } from 'node:crypto';

/** Digests the ids of the events at a list of places, in ascending order: SHA-256 over a line `<index> <id>` for each. */
export class IdDigest {
  private readonly hash = createHash('sha256');
  count = 0;

  /** @param index greater than all that were added before */
  add(index: number, id: string): void {
    this.count += 1;
    this.hash.update(`${index} ${id}\n`);
  }

  /** Returns the digest in hexadecimal. Nothing can be added afterwards. */
  finish(): string {
    return this.hash.digest('hex');
  }
}

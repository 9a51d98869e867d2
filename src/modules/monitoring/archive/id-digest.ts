import { createHash } from 'node:crypto';

/** The ids of the events at a list of places, in ascending order, as a digest: SHA-256 over a line `<index> <id>` for each. */
export class IdDigest {
  private readonly hash = createHash('sha256');
  count = 0;

  /** @param index behind all that were added before */
  add(index: number, id: string): void {
    this.count += 1;
    this.hash.update(`${index} ${id}\n`);
  }

  /** In hexadecimal. Nothing can be added behind it. */
  finish(): string {
    return this.hash.digest('hex');
  }
}

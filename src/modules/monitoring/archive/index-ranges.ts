import { createHash } from 'node:crypto';

/** Consecutive places of the log, both ends included. */
export interface IndexRange {
  readonly first: number;
  readonly last: number;
}

/** Digests a list of places, in ascending order: SHA-256 over a line `<first>-<last>` for each range without a gap. */
export class IndexDigest {
  private readonly hash = createHash('sha256');
  private open: IndexRange | undefined;
  private first: number | undefined;
  count = 0;

  /** @param range greater than all that were added before */
  add(range: IndexRange): void {
    this.first ??= range.first;
    this.count += range.last - range.first + 1;
    if (this.open?.last === range.first - 1) {
      this.open = { first: this.open.first, last: range.last };
      return;
    }
    this.flush();
    this.open = range;
  }

  get firstIndex(): number | undefined {
    return this.first;
  }

  get lastIndex(): number | undefined {
    return this.open?.last;
  }

  /** Returns the digest in hexadecimal. Nothing can be added afterwards. */
  finish(): string {
    this.flush();
    return this.hash.digest('hex');
  }

  private flush(): void {
    if (this.open) this.hash.update(`${this.open.first}-${this.open.last}\n`);
  }
}

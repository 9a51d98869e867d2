import { createHash } from 'node:crypto';
import { isErasedLine, type ArchiveLine } from './archive-line.js';
import type { ArchiveManifest } from './archive-manifest.js';

/** Digests the ids of events, sorted by index: SHA-256 over a line `<index> <id>` for each event. */
export class IdDigest {
  private readonly hash = createHash('sha256');
  count = 0;

  /** @param index must be greater than all previous indexes */
  add(index: number, id: string): void {
    this.count += 1;
    this.hash.update(`${index} ${id}\n`);
  }

  /** Returns the digest in hexadecimal. Call this method once, at the end. */
  finish(): string {
    return this.hash.digest('hex');
  }
}

/** Digests indexes in ascending order: SHA-256 over a line `<first>-<last>` for each range without a gap. */
export class IndexDigest {
  private readonly hash = createHash('sha256');
  private open: { readonly first: number; readonly last: number } | undefined;

  /** Adds the indexes from `first` to `last`, inclusive. @param first must be greater than all previous indexes */
  add(first: number, last: number): void {
    if (this.open?.last === first - 1) {
      this.open = { first: this.open.first, last };
      return;
    }
    this.flush();
    this.open = { first, last };
  }

  /** Returns the digest in hexadecimal. Call this method once, at the end. */
  finish(): string {
    this.flush();
    return this.hash.digest('hex');
  }

  private flush(): void {
    if (this.open) this.hash.update(`${this.open.first}-${this.open.last}\n`);
  }
}

/** The fields of the manifest that depend only on the lines of the archive. */
export type LineTotals = Pick<
  ArchiveManifest,
  'events' | 'firstIndex' | 'lastIndex' | 'indexesDigest' | 'idsDigest' | 'erased'
>;

export class LineTally {
  private readonly indexes = new IndexDigest();
  private readonly ids = new IdDigest();
  private firstIndex: number | undefined;
  private lastIndex = 0;
  erased = 0;

  add(line: ArchiveLine): void {
    const { index, sealed } = line;
    this.indexes.add(index, index);
    this.ids.add(index, sealed.id);
    this.firstIndex ??= index;
    this.lastIndex = index;
    if (isErasedLine(line)) this.erased += 1;
  }

  /** Returns the totals. Call this method once, after the last line. */
  totals(): LineTotals {
    const { firstIndex = 0, lastIndex, erased } = this;
    const digests = { indexesDigest: this.indexes.finish(), idsDigest: this.ids.finish() };
    return { events: this.ids.count, firstIndex, lastIndex, ...digests, erased };
  }
}

import { createHash, type Hash } from 'node:crypto';

/**
 * How far an export is. It counts the bytes of the format before compression, and the bytes of the file; without compression, they are
 * equal.
 */
export interface ExportProgress {
  readonly count: number;
  /** The lowest and the highest index of its events; absent without events. */
  readonly firstIndex?: number;
  readonly lastIndex?: number;
  readonly lastId?: string;
  readonly bytes: number;
  readonly fileBytes: number;
}

/** The totals of a finished export; its hashes are SHA-256, hexadecimal. */
export interface ExportTotals extends ExportProgress {
  readonly sha256: string;
  readonly fileSha256: string;
}

/** Counts and hashes the content of an export. */
export class ExportTally {
  private readonly content = createHash('sha256');
  private bytes = 0;
  /** Of a compressed file. */
  private file: { readonly hash: Hash; bytes: number } | undefined;
  private count: number;
  private firstIndex: number | undefined;
  private lastIndex: number | undefined;
  private lastId: string | undefined;

  /** @param begun the progress of an interrupted export; add its bytes first, by {@link addBytes} and {@link addFileBytes} */
  constructor(begun?: ExportProgress) {
    this.count = begun?.count ?? 0;
    this.firstIndex = begun?.firstIndex;
    this.lastIndex = begun?.lastIndex;
    this.lastId = begun?.lastId;
  }

  get progress(): ExportProgress {
    const { count, firstIndex, lastIndex, lastId, bytes, file } = this;
    const ends = firstIndex === undefined || lastIndex === undefined ? {} : { firstIndex, lastIndex };
    return { count, ...ends, ...(lastId === undefined ? {} : { lastId }), bytes, fileBytes: file?.bytes ?? bytes };
  }

  /** Counts an event of the next block. */
  addEvent(index: number, id: string): void {
    this.count += 1;
    this.firstIndex = Math.min(this.firstIndex ?? index, index);
    this.lastIndex = Math.max(this.lastIndex ?? index, index);
    this.lastId = id;
  }

  addBytes(content: Uint8Array): void {
    this.content.update(content);
    this.bytes += content.length;
  }

  /** Counts bytes of a compressed file, in addition to {@link addBytes}. */
  addFileBytes(written: Uint8Array): void {
    this.file ??= { hash: createHash('sha256'), bytes: 0 };
    this.file.hash.update(written);
    this.file.bytes += written.length;
  }

  /** The totals so far. */
  totals(): ExportTotals {
    const sha256 = this.content.copy().digest('hex');
    return { ...this.progress, sha256, fileSha256: this.file?.hash.copy().digest('hex') ?? sha256 };
  }
}

import { createHash, type Hash } from 'node:crypto';

/**
 * The progress of an export. `bytes` counts the bytes before compression, and `fileBytes` the bytes of the file. Without compression, the two
 * numbers are equal.
 */
export interface ExportProgress {
  readonly count: number;
  /** The lowest and the highest index of the exported events; absent without events. */
  readonly firstIndex?: number;
  readonly lastIndex?: number;
  readonly lastId?: string;
  readonly bytes: number;
  readonly fileBytes: number;
}

/** The totals of a finished export. All hashes are SHA-256 in hexadecimal. */
export interface ExportTotals extends ExportProgress {
  readonly sha256: string;
  readonly fileSha256: string;
}

export class ExportTally {
  private readonly content = createHash('sha256');
  private bytes = 0;
  private file: { readonly hash: Hash; bytes: number } | undefined;
  private count: number;
  private firstIndex: number | undefined;
  private lastIndex: number | undefined;
  private lastId: string | undefined;

  /**
   * @param begun the progress of an interrupted export. The caller must first add the bytes of that progress with {@link addBytes} and
   *   {@link addFileBytes}
   */
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

  /** Counts an event of the block whose bytes are added next. */
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

  /** Counts bytes of a compressed file, while {@link addBytes} counts the uncompressed bytes. */
  addFileBytes(written: Uint8Array): void {
    this.file ??= { hash: createHash('sha256'), bytes: 0 };
    this.file.hash.update(written);
    this.file.bytes += written.length;
  }

  totals(): ExportTotals {
    const sha256 = this.content.copy().digest('hex');
    return { ...this.progress, sha256, fileSha256: this.file?.hash.copy().digest('hex') ?? sha256 };
  }
}

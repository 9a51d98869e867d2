import { createHash, type Hash } from 'node:crypto';

/** How far an export is. Bytes are those of the format, without compression, and those of the file: the same without it. */
export interface ExportProgress {
  readonly count: number;
  /** The lowest and the highest index of its events; absent without events. */
  readonly firstIndex?: number;
  readonly lastIndex?: number;
  /** The id of its last event. */
  readonly lastId?: string;
  readonly bytes: number;
  readonly fileBytes: number;
}

/** An export that is done: its hashes are SHA-256, hexadecimal. */
export interface ExportTotals extends ExportProgress {
  readonly sha256: string;
  readonly fileSha256: string;
}

/** Counts and hashes what goes into an export. */
export class ExportTally {
  private readonly content = createHash('sha256');
  private bytes = 0;
  /** Of a compressed file. */
  private file: { readonly hash: Hash; bytes: number } | undefined;
  private count: number;
  private firstIndex: number | undefined;
  private lastIndex: number | undefined;
  private lastId: string | undefined;

  /** @param begun what was written before; its bytes come first, by {@link addBytes} and {@link addFileBytes} */
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

  /** An event that goes into the next block. */
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

  /** Of a compressed file, beside {@link addBytes}. */
  addFileBytes(written: Uint8Array): void {
    this.file ??= { hash: createHash('sha256'), bytes: 0 };
    this.file.hash.update(written);
    this.file.bytes += written.length;
  }

  /** Of everything so far. */
  totals(): ExportTotals {
    const sha256 = this.content.copy().digest('hex');
    return { ...this.progress, sha256, fileSha256: this.file?.hash.copy().digest('hex') ?? sha256 };
  }
}

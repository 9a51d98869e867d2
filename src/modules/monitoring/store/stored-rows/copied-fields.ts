import type { LedgerSession } from '../sessions/ledger-session.js';

/** The length of binary COPY's header: eleven bytes of signature, flags, and the length of an unused extension. */
const HEADER_BYTES = 19;

/** Stands in place of a number of fields at the end. */
const TRAILER = -1;

/** The fields of a row in PostgreSQL's binary COPY format, as positions in the received bytes: it creates no texts and objects for them. */
export class CopiedFields {
  /** The bytes that contain the fields. */
  bytes: Buffer = Buffer.alloc(0);
  private readonly starts: Int32Array;
  private readonly lengths: Int32Array;

  /** @param count the number of fields in each row */
  constructor(private readonly count: number) {
    this.starts = new Int32Array(count);
    this.lengths = new Int32Array(count);
  }

  /**
   * Calls `onRow` for each row of a statement, while its fields can be read. It skips rows with another number of fields. Rejects with the
   * client's error.
   *
   * @param onRow does not throw
   */
  async copyRows(snapshot: LedgerSession, select: string, onRow: () => void): Promise<void> {
    let at = HEADER_BYTES;
    await snapshot.eachCopied(`COPY (${select}) TO STDOUT (FORMAT binary)`, (message) => {
      while (at >= 0 && at + 2 <= message.length && message.readInt16BE(at) !== TRAILER) {
        at = this.read(message, at);
        if (at >= 0) onRow();
      }
      at = 0;
    });
  }

  /** The length of a field's value; negative without one. */
  lengthOf(nth: number): number {
    return this.lengths[nth] ?? -1;
  }

  startOf(nth: number): number {
    return this.starts[nth] ?? 0;
  }

  /** A field's value as a text of one character for each byte, for comparisons and maps. */
  keyOf(nth: number): string {
    const start = this.startOf(nth);
    return this.bytes.toString('latin1', start, start + this.lengthOf(nth));
  }

  /** Whether a field's value equals these bytes, each given as a character. */
  is(nth: number, text: string): boolean {
    return this.lengthOf(nth) === text.length && isAt(this.bytes, this.startOf(nth), text);
  }

  /** Reads a row, and returns the position behind it; negative if it is not whole, or has another number of fields. */
  private read(message: Buffer, from: number): number {
    const { count, starts, lengths } = this;
    if (message.readInt16BE(from) !== count) return -1;
    let at = from + 2;
    for (let nth = 0; nth < count; nth++) {
      if (at + 4 > message.length) return -1;
      const length = int32At(message, at);
      at += 4;
      starts[nth] = at;
      lengths[nth] = length;
      if (length > 0) at += length;
    }
    this.bytes = message;
    return at > message.length ? -1 : at;
  }
}

/** Reads a 32-bit integer like `readInt32BE`, without its checks. */
export function int32At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
}

/** Whether these bytes, each given as a character, are at a position. */
export function isAt(bytes: Uint8Array, at: number, text: string): boolean {
  for (let nth = 0; nth < text.length; nth++) if (bytes[at + nth] !== text.charCodeAt(nth)) return false;
  return true;
}

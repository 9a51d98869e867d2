import { COPIED_COLUMNS, PROOF_COLUMNS, type CopiedRow } from './copied-row.js';
import { BACKSLASH, byteOfEscape, NEWLINE, TAB } from './copy-bytes.js';

const NULL_LETTER = 0x4e;
const DIGIT_ZERO = 0x30;
const MOST_COLUMNS = COPIED_COLUMNS.length + PROOF_COLUMNS.length;
const ID = COPIED_COLUMNS.indexOf('id');

/**
 * The rows of what `COPY … TO STDOUT` sends (text format), in chunks of any length, one at a time and as bytes: making texts of
 * all values, most of which are only passed on, would be most of the time of an export.
 */
export class CopiedRows {
  /** What holds the fields of the row at hand, and maybe more. */
  bytes: Buffer = Buffer.alloc(0);
  private length = 0;
  private next = 0;
  /** Behind the last row that is whole. */
  private end = 0;
  private readonly starts = new Int32Array(MOST_COLUMNS);
  /** 0 where there is no value. */
  private readonly ends = new Int32Array(MOST_COLUMNS);

  /**
   * Takes a chunk, once {@link step} has found no row any more; until then the last row stays at hand. It goes into one buffer
   * that is used again: memory outside of the heap is collected late.
   */
  take(chunk: Buffer): void {
    const begun = this.bytes.subarray(this.next, this.length);
    const length = begun.length + chunk.length;
    if (length > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(2 * length);
    this.bytes.set(begun);
    this.bytes.set(chunk, begun.length);
    this.length = length;
    this.next = 0;
    this.end = this.bytes.subarray(0, length).lastIndexOf(NEWLINE) + 1;
  }

  /** Goes to the next row; `false` when the chunks so far have no further one that is whole. */
  step(): boolean {
    const { bytes, starts, ends, end } = this;
    let start = this.next;
    let nth = 0;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] ?? 0;
      if (byte > NEWLINE || (byte !== TAB && byte !== NEWLINE)) continue;
      const isNull = at - start === 2 && bytes[start] === BACKSLASH && bytes[start + 1] === NULL_LETTER;
      starts[nth] = start;
      ends[nth] = isNull ? 0 : at;
      nth += 1;
      start = at + 1;
      if (byte === TAB) continue;
      this.next = start;
      return true;
    }
    return false;
  }

  has(nth: number): boolean {
    return this.endOf(nth) > 0;
  }

  /** Where the field begins in {@link bytes}, as it was copied: escaped. */
  startOf(nth: number): number {
    return this.starts[nth] ?? 0;
  }

  /** Behind the field's last byte; 0 where there is no value. */
  endOf(nth: number): number {
    return this.ends[nth] ?? 0;
  }

  /** The event's place in the ledger. */
  get index(): number {
    let index = 0;
    for (let at = this.startOf(0); at < this.endOf(0); at++) index = index * 10 + (this.bytes[at] ?? 0) - DIGIT_ZERO;
    return index;
  }

  get id(): string {
    return this.bytes.toString('latin1', this.startOf(ID), this.endOf(ID));
  }

  /** Whether these are the bytes of a field. */
  is(nth: number, value: Uint8Array): boolean {
    const start = this.startOf(nth);
    if (this.endOf(nth) - start !== value.length) return false;
    for (let at = 0; at < value.length; at++) if (this.bytes[start + at] !== value[at]) return false;
    return true;
  }

  /** The value of a column; `null` without one. */
  textOf(nth: number): string | null {
    if (!this.has(nth)) return null;
    const field = this.bytes.toString('utf8', this.startOf(nth), this.endOf(nth));
    if (!field.includes('\\')) return field;
    return field.replace(/\\(.)/gs, (_, letter: string) => String.fromCharCode(byteOfEscape(letter.charCodeAt(0))));
  }

  /** All values. */
  texts(): CopiedRow {
    return COPIED_COLUMNS.map((_, nth) => this.textOf(nth));
  }
}

import { BACKSLASH, byteOfEscape } from './copy-bytes.js';

const QUOTATION_MARK = 0x22;
const LETTER_U = 0x75;
const LETTER_V = 0x76;
const DIGITS = Buffer.from('0123456789abcdef');

/** A byte becomes six at the most: a control character in JSON. */
const LONGEST_ESCAPE = 6;

/** What JSON takes in a text as it is, and COPY does not escape. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte >= 0x20 && byte !== QUOTATION_MARK && byte !== BACKSLASH),
);

/** Bytes that lines are put behind one another in. It grows as they need, and is used again. */
export class LineBuffer {
  /** How many bytes it has. */
  length = 0;
  private bytes: Buffer;

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
  }

  /** What it has, until something is put into it. */
  view(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  /** Takes away what is behind the first bytes. */
  cut(length: number): void {
    this.length = length;
  }

  lastByte(): number {
    return this.bytes[this.length - 1] ?? 0;
  }

  /** Puts another byte where one is. */
  setByte(at: number, byte: number): void {
    this.bytes[at] = byte;
  }

  putByte(byte: number): void {
    this.grow(1);
    this.bytes[this.length++] = byte;
  }

  put(source: Uint8Array, from = 0, to = source.length): void {
    this.grow(to - from);
    const { bytes } = this;
    let end = this.length;
    // Faster than a call of set() for the few bytes that it mostly is.
    for (let at = from; at < to; at++) bytes[end++] = source[at] ?? 0;
    this.length = end;
  }

  putText(text: string): void {
    this.grow(3 * text.length);
    this.length += this.bytes.write(text, this.length, 'utf8');
  }

  /** A field of COPY as it was before. */
  putField(source: Uint8Array, from: number, to: number): void {
    this.grow(to - from);
    const { bytes } = this;
    let end = this.length;
    for (let at = from; at < to; at++) {
      const byte = source[at] ?? 0;
      bytes[end++] = byte === BACKSLASH ? byteOfEscape(source[++at] ?? 0) : byte;
    }
    this.length = end;
  }

  /** A field of COPY as what stands between the quotation marks of JSON, which has COPY's escapes, but for one. */
  putJsonText(source: Uint8Array, from: number, to: number): void {
    this.grow(LONGEST_ESCAPE * (to - from));
    const { bytes } = this;
    let end = this.length;
    for (let at = from; at < to; at++) {
      const byte = source[at] ?? 0;
      if (PLAIN[byte] === 1) {
        bytes[end++] = byte;
        continue;
      }
      const escaped = byte === BACKSLASH ? (source[++at] ?? 0) : byte;
      bytes[end++] = BACKSLASH;
      if (escaped === QUOTATION_MARK || (byte === BACKSLASH && escaped !== LETTER_V)) {
        bytes[end++] = escaped;
        continue;
      }
      const code = byte === BACKSLASH ? byteOfEscape(escaped) : byte;
      bytes[end++] = LETTER_U;
      for (const digit of [0, 0, code >> 4, code & 0xf]) bytes[end++] = DIGITS[digit] ?? 0;
    }
    this.length = end;
  }

  /**
   * A text with its quotation marks doubled.
   *
   * @param isField whether it is a field of COPY, escaped
   */
  putDoubled(source: Uint8Array, from: number, to: number, isField: boolean): void {
    this.grow(2 * (to - from));
    const { bytes } = this;
    let end = this.length;
    for (let at = from; at < to; at++) {
      let byte = source[at] ?? 0;
      if (byte === BACKSLASH && isField) byte = byteOfEscape(source[++at] ?? 0);
      if (byte === QUOTATION_MARK) bytes[end++] = byte;
      bytes[end++] = byte;
    }
    this.length = end;
  }

  private grow(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const bytes = Buffer.allocUnsafeSlow(2 * (this.length + more));
    bytes.set(this.view());
    this.bytes = bytes;
  }
}

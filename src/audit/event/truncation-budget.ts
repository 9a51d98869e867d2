const PLAIN_TEXT = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/** Counts the remaining bytes of an event while it is built. */
export class TruncationBudget {
  exceeded = false;

  private left: number;

  constructor(private readonly total: number) {
    this.left = total;
  }

  get remaining(): number {
    return this.left;
  }

  /** The number of bytes used. After a value did not fit, this number is the limit. */
  get spent(): number {
    return this.total - this.left;
  }

  /** Spends `bytes`. Sets the remaining bytes to 0 if `bytes` do not fit. Returns whether `bytes` fitted. */
  take(bytes: number): boolean {
    if (bytes > this.left) return this.exhaust();
    this.left -= bytes;
    return true;
  }

  /**
   * Spends the bytes of `text` as JSON. Returns `text`, cut to `limit` characters and to the remaining bytes. Returns `undefined` if not
   * one character fits.
   */
  takeText(text: string, limit: number): string | undefined {
    const short = text.length > limit ? cut(text, limit) : text;
    if (short !== text) this.exceeded = true;
    const bytes = measureJsonText(short);
    if (bytes <= this.left) {
      this.left -= bytes;
      return short;
    }
    // A character has at most six bytes of JSON (\u0000), so this number of characters fits.
    const length = Math.floor((this.left - TRUNCATION_SUFFIX_BYTES) / 6);
    this.exhaust();
    return length > 0 ? cut(short, length) : undefined;
  }

  /** A smaller value after a value that did not fit must not be stored. */
  private exhaust(): false {
    this.exceeded = true;
    this.left = 0;
    return false;
  }
}

const TRUNCATION_SUFFIX = '…[cut]';
const TRUNCATION_SUFFIX_BYTES = Buffer.byteLength(TRUNCATION_SUFFIX) + 2;

function cut(text: string, length: number): string {
  return text.slice(0, length).toWellFormed() + TRUNCATION_SUFFIX;
}

function measureJsonText(text: string): number {
  return PLAIN_TEXT.test(text) ? text.length + 2 : Buffer.byteLength(JSON.stringify(text));
}

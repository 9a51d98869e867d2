const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/** The bytes that an event may still take; spent while it is built. */
export class TruncationBudget {
  /** Whether something had to be cut. */
  exceeded = false;

  private left: number;

  constructor(private readonly total: number) {
    this.left = total;
  }

  /** The bytes that are left. */
  get remaining(): number {
    return this.left;
  }

  /** The bytes that were taken; all of them, once something had to be cut for lack of room. */
  get spent(): number {
    return this.total - this.left;
  }

  /** Takes `bytes`, or refuses and notes that something is cut. */
  take(bytes: number): boolean {
    if (bytes > this.left) return this.exhaust();
    this.left -= bytes;
    return true;
  }

  /** Takes `text` as JSON, or as much of it as fits and `limit` characters allow; `undefined` if nothing fits. */
  takeText(text: string, limit: number): string | undefined {
    const short = text.length > limit ? cut(text, limit) : text;
    if (short !== text) this.exceeded = true;
    const bytes = jsonBytes(short);
    if (bytes <= this.left) {
      this.left -= bytes;
      return short;
    }
    // A character takes at most six bytes of JSON (\u0000), so this many fit in any case.
    const length = Math.floor((this.left - CUT_MARK_BYTES) / 6);
    this.exhaust();
    return length > 0 ? cut(short, length) : undefined;
  }

  /** Ends the budget: after something that did not fit, nothing smaller may follow. */
  private exhaust(): false {
    this.exceeded = true;
    this.left = 0;
    return false;
  }
}

const CUT_MARK = '…[cut]';
const CUT_MARK_BYTES = Buffer.byteLength(CUT_MARK) + 2;

function cut(text: string, length: number): string {
  return text.slice(0, length).toWellFormed() + CUT_MARK;
}

function jsonBytes(text: string): number {
  return PLAIN.test(text) ? text.length + 2 : Buffer.byteLength(JSON.stringify(text));
}

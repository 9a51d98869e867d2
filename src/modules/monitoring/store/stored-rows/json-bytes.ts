import { canonicalJson } from '../../../../audit/plain.js';
import { int32At } from './copied-fields.js';

const FIRST_PLAIN = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The length from which a copying call costs less than a loop. */
const LONG = 48;

const ASCII = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const HEX = ASCII('0123456789abcdef');
const BASE64 = ASCII('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const [DASH, PAD, ZERO] = [0x2d, 0x3d, 0x30];

const MS_PER_DAY = 86_400_000;
/** 2000-01-01, the origin of PostgreSQL's times. */
const EPOCH_MS = 946_684_800_000;
/** The range of years that RFC 3339 can express. */
const [FIRST_MS, LAST_MS] = [Date.parse('0001-01-01T00:00:00.000Z'), Date.parse('9999-12-31T23:59:59.999Z')];
/** The upper halves of numbers up to 2^53. */
const EXACT_HALVES = 2 ** 21;

/**
 * Writes values of PostgreSQL's binary format as canonical JSON, into a reused buffer. Each method returns whether it could write the
 * value; if not, discard the output.
 */
export class JsonBytes {
  readonly bytes: Buffer;
  /** The position behind the last byte. */
  end = 0;
  private day = Number.NaN;
  private dayText = ASCII('');

  /** @param size the capacity in bytes */
  constructor(private readonly size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size);
  }

  /** Starts from the beginning. */
  clear(): void {
    this.end = 0;
  }

  put(byte: number): void {
    this.bytes[this.end++] = byte;
  }

  hasRoom(length: number): boolean {
    return this.end + length <= this.size;
  }

  /** Copies bytes unchanged. */
  copy(from: Uint8Array, start: number, length: number): boolean {
    const { bytes, end } = this;
    if (!this.hasRoom(length)) return false;
    if (length < LONG) for (let nth = 0; nth < length; nth++) bytes[end + nth] = from[start + nth] ?? 0;
    else bytes.set(from.subarray(start, start + length), end);
    this.end = end + length;
    return true;
  }

  ascii(text: string): boolean {
    const { bytes, end } = this;
    if (!this.hasRoom(text.length)) return false;
    for (let nth = 0; nth < text.length; nth++) bytes[end + nth] = text.charCodeAt(nth);
    this.end = end + text.length;
    return true;
  }

  /** Writes a text in UTF-8. */
  text(from: Buffer, start: number, length: number): boolean {
    const { bytes } = this;
    if (!this.hasRoom(length + 2)) return false;
    let at = this.end;
    bytes[at++] = QUOTE;
    for (let nth = start; nth < start + length; nth++) {
      const byte = from[nth] ?? 0;
      if (byte < FIRST_PLAIN || byte === QUOTE || byte === BACKSLASH) return this.escaped(from, start, length);
      bytes[at++] = byte;
    }
    bytes[at++] = QUOTE;
    this.end = at;
    return true;
  }

  private escaped(from: Buffer, start: number, length: number): boolean {
    const json = canonicalJson(from.toString('utf8', start, start + length));
    if (!this.hasRoom(Buffer.byteLength(json))) return false;
    this.end += this.bytes.write(json, this.end, 'utf8');
    return true;
  }

  /** @param length 16 */
  uuid(from: Uint8Array, start: number, length: number): boolean {
    if (length !== 16 || !this.hasRoom(38)) return false;
    this.put(QUOTE);
    for (let nth = 0; nth < 16; nth++) {
      if (nth === 4 || nth === 6 || nth === 8 || nth === 10) this.put(DASH);
      const byte = from[start + nth] ?? 0;
      this.put(HEX[byte >> 4] ?? 0);
      this.put(HEX[byte & 15] ?? 0);
    }
    this.put(QUOTE);
    return true;
  }

  /** Writes bytes as a text of base64. */
  base64(from: Uint8Array, start: number, length: number): boolean {
    if (!this.hasRoom(2 * length + 6)) return false;
    this.put(QUOTE);
    for (let nth = 0; nth < length; nth += 3) {
      const left = length - nth;
      const [one = 0, two = 0, three = 0] = [
        from[start + nth],
        left > 1 ? from[start + nth + 1] : 0,
        left > 2 ? from[start + nth + 2] : 0,
      ];
      this.put(BASE64[one >> 2] ?? 0);
      this.put(BASE64[((one & 3) << 4) | (two >> 4)] ?? 0);
      this.put(left > 1 ? (BASE64[((two & 15) << 2) | (three >> 6)] ?? 0) : PAD);
      this.put(left > 2 ? (BASE64[three & 63] ?? 0) : PAD);
    }
    this.put(QUOTE);
    return true;
  }

  /** Writes a `smallint`. */
  integer(from: Uint8Array, start: number, length: number): boolean {
    if (length !== 2) return false;
    const number = (((from[start] ?? 0) << 24) | ((from[start + 1] ?? 0) << 16)) >> 16;
    return this.ascii(String(number));
  }

  /** Writes a `double precision`; `false` if JSON cannot express it. */
  double(from: Buffer, start: number, length: number): boolean {
    if (length !== 8) return false;
    const number = from.readDoubleBE(start);
    return Number.isFinite(number) && this.ascii(String(number));
  }

  /** Writes a `timestamptz` as RFC 3339 in UTC; `false` if it has fractions of a millisecond, or a year without four digits. */
  time(from: Buffer, start: number, length: number): boolean {
    if (length !== 8 || !this.hasRoom(26)) return false;
    const ms = msAt(from, start);
    if (!Number.isInteger(ms) || ms < FIRST_MS || ms > LAST_MS) return false;
    const day = Math.floor(ms / MS_PER_DAY);
    if (day !== this.day) {
      this.day = day;
      this.dayText = ASCII(new Date(day * MS_PER_DAY).toISOString().slice(0, 'YYYY-MM-DDT'.length));
    }
    const inDay = ms - day * MS_PER_DAY;
    const seconds = Math.floor(inDay / 1_000);
    this.put(QUOTE);
    this.copy(this.dayText, 0, this.dayText.length);
    this.twoDigits(Math.floor(seconds / 3_600), 0x3a);
    this.twoDigits(Math.floor(seconds / 60) % 60, 0x3a);
    this.twoDigits(seconds % 60, 0x2e);
    const fraction = inDay % 1_000;
    this.put(ZERO + Math.floor(fraction / 100));
    this.twoDigits(fraction % 100, 0x5a);
    this.put(QUOTE);
    return true;
  }

  private twoDigits(number: number, behind: number): void {
    this.put(ZERO + Math.floor(number / 10));
    this.put(ZERO + (number % 10));
    this.put(behind);
  }
}

/** The time in milliseconds since 1970; `NaN` if it has a fraction. */
function msAt(from: Buffer, start: number): number {
  const upper = int32At(from, start);
  if (upper < -EXACT_HALVES || upper >= EXACT_HALVES) {
    const micros = from.readBigInt64BE(start);
    return micros % 1_000n === 0n ? Number(micros / 1_000n) + EPOCH_MS : Number.NaN;
  }
  const lower = int32At(from, start + 4) >>> 0;
  const micros = upper * 2 ** 32 + lower;
  return micros % 1_000 === 0 ? micros / 1_000 + EPOCH_MS : Number.NaN;
}

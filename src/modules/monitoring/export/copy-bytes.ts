export const TAB = 0x09;
export const NEWLINE = 0x0a;
export const BACKSLASH = 0x5c;

const LETTERS: Readonly<Record<string, number>> = { b: 0x08, f: 0x0c, n: NEWLINE, r: 0x0d, t: TAB, v: 0x0b };
const BYTES = Uint8Array.from({ length: 256 }, (_, byte) => LETTERS[String.fromCharCode(byte)] ?? byte);

/** The byte that a backslash and this one stand for in the text format of COPY. */
export function byteOfEscape(byte: number): number {
  return BYTES[byte] ?? byte;
}

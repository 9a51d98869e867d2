import { HASH_BYTES } from '../merkle/hashes.js';

/** The maximum number of hashes in a proof, according to the specifications. */
const MAX_HASHES = 63;

/** Decodes standard base64 with padding; `undefined` for any other text, even if it is another spelling of the same bytes. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

export function encodeHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Parses a decimal number without leading zeros, from 0 to 2^53 - 1; `undefined` for any other text. */
export function parseDecimal(text: string): number | undefined {
  const value = /^(?:0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Parses the hashes of a proof, one base64 text a line. Returns `undefined` if a line is invalid, or there are more than 63 lines. */
export function decodeHashes(lines: readonly string[]): readonly Uint8Array[] | undefined {
  if (lines.length > MAX_HASHES) return undefined;
  const hashes = lines.map(decodeBase64).filter((hash) => hash?.length === HASH_BYTES);
  return hashes.length === lines.length ? hashes.filter((hash) => hash !== undefined) : undefined;
}

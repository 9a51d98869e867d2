import { proofErrors } from '../proof.errors.js';
import { TILE_WIDTH } from './tile-address.js';

export const MAX_ENTRY_BYTES = 65_535;

const LENGTH_BYTES = 2;
export const MAX_BUNDLE_BYTES = TILE_WIDTH * (LENGTH_BYTES + MAX_ENTRY_BYTES);

/**
 * Encodes entries as a bundle. Each entry comes after its length (16 bits, big endian).
 *
 * @param entries from 1 to 256 entries, each at most {@link MAX_ENTRY_BYTES} long
 * @throws `AUDIT_PROOF_INVALID` for a longer entry
 */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  const bundle = Buffer.alloc(entries.reduce((bytes, { length }) => bytes + LENGTH_BYTES + length, 0));
  let at = 0;
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY_BYTES)
      throw proofErrors.AUDIT_PROOF_INVALID.entries(
        `an entry has ${entry.length} bytes, which is more than a bundle allows`,
      );
    at = bundle.writeUInt16BE(entry.length, at);
    bundle.set(entry, at);
    at += entry.length;
  }
  return bundle;
}

/**
 * Decodes the entries of a bundle, without copying the bytes.
 *
 * @param width the number of entries: 256 in a full bundle
 * @throws `AUDIT_PROOF_INVALID`
 */
export function decodeBundle(bundle: Uint8Array, width: number): readonly Uint8Array[] {
  const bytes = Buffer.from(bundle.buffer, bundle.byteOffset, bundle.byteLength);
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const start = at + LENGTH_BYTES;
    const end = start <= bytes.length ? start + bytes.readUInt16BE(at) : Infinity;
    if (end > bytes.length) throw proofErrors.AUDIT_PROOF_INVALID.entries(`it ends within entry ${entries.length}`);
    entries.push(bytes.subarray(start, end));
    at = end;
  }
  if (entries.length !== width)
    throw proofErrors.AUDIT_PROOF_INVALID.entries(`it has ${entries.length} entries, not ${width}`);
  return entries;
}

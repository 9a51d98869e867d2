import { createHash } from 'node:crypto';

const NAMESPACE = Buffer.from('5f0c1f5e5d1b5b0f9b5d3f6c0d3c7a11', 'hex');

/** Returns the UUID of a name (RFC 9562, version 5): always the same one for the same name. */
export function uuidOf(name: string): string {
  const hash = createHash('sha1').update(NAMESPACE).update(name).digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

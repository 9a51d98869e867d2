import { createHmac, createSecretKey } from 'node:crypto';

/** The texts of a step come again and again: as the key of a group that is loaded, read and changed. */
const MOST_KNOWN = 50_000;

/**
 * A keyed digest of texts: 22 characters of base64 of HMAC-SHA-256. Groups are told apart by it, and nobody reads a value from it. The key is made once, since Node 24 takes 10 µs to make it
 * of bytes for each digest.
 */
export function digestWith(salt: Uint8Array): (text: string) => string {
  const key = createSecretKey(salt);
  const known = new Map<string, string>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    if (known.size >= MOST_KNOWN) known.clear();
    const digest = createHmac('sha256', key).update(text).digest('base64').slice(0, 22);
    known.set(text, digest);
    return digest;
  };
}

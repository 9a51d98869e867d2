import { createHmac } from 'node:crypto';
import { isIP } from 'node:net';
import { REDACTED } from './sensitive-names.js';

/** How an event is anonymised: which fields are personal, and what stands in their place. */
export interface Anonymizer {
  readonly isPersonalName: (name: string) => boolean;
  /** The pseudonym of a text: always the same one for the same text, whatever its case. */
  readonly pseudonym: (text: string) => string;
}

/** What every pseudonym begins with, save those of addresses. */
const PSEUDONYM_PREFIX = 'psn_';

/**
 * Pseudonyms by HMAC-SHA-256: `psn_` and 43 characters of base64url; for an IP address one of 2001:db8::/32, the range that
 * RFC 3849 keeps for documentation: no real address is in it, and PostgreSQL's `inet` holds it. Without a key there is
 * nothing to make a pseudonym with: `[REDACTED]`.
 */
export function pseudonymizer(key: string | undefined): (text: string) => string {
  if (!key) return () => REDACTED;
  return (text) => {
    const one = text.normalize('NFKC').trim().toLowerCase();
    const hash = createHmac('sha256', key).update(one).digest();
    return isIP(one) === 0 ? PSEUDONYM_PREFIX + hash.toString('base64url') : addressOf(hash);
  };
}

/** The first 96 bits of the hash, below 2001:db8::/32. */
function addressOf(hash: Buffer): string {
  const groups = Array.from({ length: 6 }, (_, index) => hash.readUInt16BE(index * 2).toString(16));
  return ['2001', 'db8', ...groups].join(':');
}

import { isIP } from 'node:net';
import { memoize } from './memoize.js';

/** Matches an IPv6 address with an IPv4 address after six groups of zeros, or after five groups of zeros and ffff. */
const EMBEDDED = /^::(ffff:)?([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/**
 * Formats an address like PostgreSQL's `inet`, so that the ledger returns the same text. The form is lower case, the longest run of zeros
 * as `::`, IPv4-mapped addresses as IPv4, and no interface name. Returns `undefined` for any other value.
 */
export function normalizeIp(ip: unknown): string | undefined {
  return typeof ip === 'string' ? normalize(ip) : undefined;
}

/** Caches addresses, since clients repeat, and the parsing of an address is slow. */
const normalize = memoize((ip) => {
  const bare = ip.includes('%') ? ip.slice(0, ip.indexOf('%')) : ip;
  switch (isIP(bare)) {
    case 4:
      return bare;
    case 6:
      return normalizeIpv6(bare);
    default:
      return undefined;
  }
});

function normalizeIpv6(ip: string): string {
  const short = new URL(`http://[${ip}]`).hostname.slice(1, -1);
  const [, mapped, high, low] = EMBEDDED.exec(short) ?? [];
  if (high === undefined || low === undefined) return short;
  return `${mapped === undefined ? '::' : ''}${dotted(high, low)}`;
}

/** Formats two groups of 16 bits as an IPv4 address. */
function dotted(high: string, low: string): string {
  const bytes = [high, low].map((group) => Number.parseInt(group, 16)).flatMap((word) => [word >> 8, word & 0xff]);
  return bytes.join('.');
}

import { isIP } from 'node:net';
import { memoize } from './memoize.js';

/** An IPv4 address within an IPv6 one: after six groups of zeros, or five and ffff. */
const EMBEDDED = /^::(ffff:)?([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/**
 * Formats an address like PostgreSQL's `inet`, so that it comes out of the ledger as it went in: lower case, the longest run of zeros as
 * `::`, an IPv4-mapped one as IPv4, without an interface name, which `inet` does not have. Returns `undefined` for anything that is not an
 * address.
 */
export function normalizeIp(ip: unknown): string | undefined {
  return typeof ip === 'string' ? normalize(ip) : undefined;
}

/** Remembers addresses: the same clients come again, and parsing an address takes longer than most texts. */
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

import { isIP } from 'node:net';
import { memoize } from '../../base/memoize.js';

const EMBEDDED = /^::(ffff:)?([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/**
 * Formats an address like PostgreSQL's `inet`, so that the ledger returns the same text. The text is in lower case, shortened with `::`,
 * and without an interface name. An IPv4-mapped address becomes IPv4. Returns `undefined` for a value that is not an IP address.
 */
export function normalizeIp(ip: unknown): string | undefined {
  return typeof ip === 'string' ? normalize(ip) : undefined;
}

/** Parsing is slow, and the same addresses occur often. */
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
  return `${mapped === undefined ? '::' : ''}${toDottedQuad(high, low)}`;
}

function toDottedQuad(high: string, low: string): string {
  const bytes = [high, low].map((group) => Number.parseInt(group, 16)).flatMap((word) => [word >> 8, word & 0xff]);
  return bytes.join('.');
}

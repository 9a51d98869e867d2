import { isIP } from 'node:net';

/** Converts an IP address to a sortable key: the family, then the bytes in hexadecimal. Returns `undefined` for any other text. */
export function addressKey(address: string): string | undefined {
  const family = isIP(address);
  if (family === 4) return `4${hexOf(address.split('.').map(Number), 2)}`;
  const url = `http://[${address}]/`; // normalises the spelling of the address
  if (family !== 6 || !URL.canParse(url)) return undefined;
  const [head = [], tail = []] = new URL(url).hostname
    .slice(1, -1)
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''))
    .map((groups) => groups.map((group) => Number.parseInt(group, 16)));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => 0);
  return `6${hexOf([...head, ...zeros, ...tail], 4)}`;
}

/**
 * Returns the keys of the first and the last address in a network (CIDR notation). A single address is also a network, as for PostgreSQL's
 * `<<=`.
 */
export function addressesOf(network: string): Readonly<Record<'first' | 'last', string>> {
  const [address = '', bits] = network.split('/');
  const key = addressKey(address) ?? '';
  const digits = key.slice(1);
  const hostBits = digits.length * 4 - (bits === undefined ? digits.length * 4 : Number(bits));
  const host = (1n << BigInt(hostBits)) - 1n;
  const value = BigInt(`0x0${digits}`);
  const keyOf = (each: bigint): string => key.slice(0, 1) + each.toString(16).padStart(digits.length, '0');
  return { first: keyOf(value & ~host), last: keyOf(value | host) };
}

function hexOf(parts: readonly number[], width: number): string {
  return parts.map((part) => part.toString(16).padStart(width, '0')).join('');
}

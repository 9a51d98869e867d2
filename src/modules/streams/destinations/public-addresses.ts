import { lookup as lookUpName, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { PrivateAddressError } from './private-address.error.js';

/** Finds all addresses of a name. */
export type NameLookup = (
  name: string,
  callback: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[] | undefined) => void,
) => void;

const SYSTEM: NameLookup = (name, callback) => lookUpName(name, { all: true }, callback);

/** Ranges that the public internet does not route, from IANA's special-purpose registries. */
const PRIVATE = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv4');
}
/** The only range of global unicast addresses, without its ranges for tunnels to IPv4, documentation and benchmarks. */
const GLOBAL_IPV6 = new BlockList();
GLOBAL_IPV6.addSubnet('2000::', 3, 'ipv6');
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv6');
}

/** Whether an address belongs to the public internet. */
export function isPublic(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !PRIVATE.check(address, 'ipv4');
  return version === 6 && GLOBAL_IPV6.check(address, 'ipv6') && !PRIVATE.check(address, 'ipv6');
}

/**
 * A lookup function for connections that fails if any address of the name is not public. The connection uses a checked address, so a name
 * that resolves differently the second time cannot bypass it.
 */
export function publicLookup(find: NameLookup = SYSTEM): LookupFunction {
  return (name, options, callback) => {
    find(name, (error, addresses) => {
      const hidden = addresses?.find(({ address }) => !isPublic(address));
      const fitting = (addresses ?? []).filter(({ family }) => !options.family || family === Number(options.family));
      const [first] = fitting;
      const failure =
        error ?? (hidden && new PrivateAddressError(name, hidden.address)) ?? (first ? null : notFound(name));
      if (failure || !first) callback(failure, '', 0);
      else if (options.all) callback(null, fitting);
      else callback(null, first.address, first.family);
    });
  };
}

function notFound(name: string): Error {
  return Object.assign(new Error(`${name} has no address`), { code: 'ENOTFOUND' });
}

import { BlockList, isIP } from 'node:net';

/** Whether an address is this one, or within this range in CIDR notation, as PostgreSQL's `<<=` has it: of the same family. */
export function addressTest(wanted: string): (address: string) => boolean {
  const [address = '', bits] = wanted.split('/');
  const version = isIP(address);
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const range = new BlockList();
  range.addSubnet(address, bits === undefined ? (version === 4 ? 32 : 128) : Number(bits), family);
  return (other) => isIP(other) === version && range.check(other, family);
}

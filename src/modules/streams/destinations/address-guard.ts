import { isIP, type LookupFunction } from 'node:net';
import { PrivateAddressError } from './private-address.error.js';
import { isPublic, publicLookup, type NameLookup } from './public-addresses.js';

/** Keeps connections to the public internet, where the options do not allow others. */
export class AddressGuard {
  /** How a connection finds addresses; `undefined`: as the system does. */
  readonly lookup: LookupFunction | undefined;

  constructor(
    private readonly allowPrivateAddresses = false,
    find?: NameLookup,
  ) {
    this.lookup = allowPrivateAddresses ? undefined : publicLookup(find);
  }

  /**
   * A connection to an address looks nothing up, so check the host before each connection.
   *
   * @throws PrivateAddressError (`AUDIT_STREAM_ADDRESS_PRIVATE`)
   */
  check(hostname: string): void {
    const host = hostname.replace(/^\[|\]$/g, '');
    if (this.allowPrivateAddresses || isIP(host) === 0 || isPublic(host)) return;
    throw new PrivateAddressError(host, host);
  }

  /**
   * Looks a name up and checks every address, where a package connects by itself. Resolves with what to connect to, so that the package looks
   * nothing up again: the addresses, or the host itself where any may be connected to.
   *
   * @throws PrivateAddressError (`AUDIT_STREAM_ADDRESS_PRIVATE`)
   */
  async resolve(hostname: string): Promise<readonly string[]> {
    this.check(hostname);
    const { lookup } = this;
    if (!lookup || isIP(hostname) !== 0) return [hostname];
    return new Promise((resolve, reject) => {
      lookup(hostname, { all: true }, (error, found) => {
        if (error) reject(error);
        else resolve([found].flat().map((each) => (typeof each === 'string' ? each : each.address)));
      });
    });
  }
}

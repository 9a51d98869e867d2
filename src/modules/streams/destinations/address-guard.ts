import { isIP, type LookupFunction } from 'node:net';
import { PrivateAddressError } from './private-address.error.js';
import { isPublic, publicLookup, type NameLookup } from './public-addresses.js';

/** Restricts connections to the public internet, unless the options allow other addresses. */
export class AddressGuard {
  /** The lookup function for connections; `undefined` uses the system's. */
  readonly lookup: LookupFunction | undefined;

  constructor(
    private readonly allowPrivateAddresses = false,
    find?: NameLookup,
  ) {
    this.lookup = allowPrivateAddresses ? undefined : publicLookup(find);
  }

  /**
   * Checks a host. Call it before each connection, because a connection to an IP address involves no lookup.
   *
   * @throws PrivateAddressError (`AUDIT_STREAM_ADDRESS_PRIVATE`)
   */
  check(hostname: string): void {
    const host = hostname.replace(/^\[|\]$/g, '');
    if (this.allowPrivateAddresses || isIP(host) === 0 || isPublic(host)) return;
    throw new PrivateAddressError(host, host);
  }

  /**
   * Looks a name up and checks every address, for packages that connect by themselves. Resolves with the checked addresses, so that the
   * package needs no lookup of its own; or with the host itself if any address is allowed.
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

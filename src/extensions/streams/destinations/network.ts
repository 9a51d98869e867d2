import { lookup as lookUpName, type LookupAddress } from 'node:dns';
import { BlockList, connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Readable } from 'node:stream';
import type { Network } from './option-schemas.js';
import { streamsErrors } from '../streams.errors.js';
import { getErrorMessage } from '../../../audit/nest-free.js';
import type { StreamResult } from '../stream-destination.js';
import { packageErrors } from '../../../monitoring/errors/package.errors.js';

export type NameLookup = (
  name: string,
  callback: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[] | undefined) => void,
) => void;

const SYSTEM: NameLookup = (name, callback) => lookUpName(name, { all: true }, callback);

/** Ranges outside the public internet, from IANA's special-purpose registries. */
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
/** {@link PRIVATE} lists the parts of this range that serve tunnels to IPv4, documentation and benchmarks. */
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

/** Returns whether an address belongs to the public internet. */
export function isPublic(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !PRIVATE.check(address, 'ipv4');
  return version === 6 && GLOBAL_IPV6.check(address, 'ipv6') && !PRIVATE.check(address, 'ipv6');
}

interface OwnCertificate {
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

/** Protects against server-side request forgery (SSRF): restricts the connections of a destination to the public internet, unless its options allow other addresses. */
export class AddressGuard {
  /** The lookup function for connections; if it is `undefined`, connections use the system's lookup. */
  readonly lookup: LookupFunction | undefined;

  /** @param find resolves host names. @defaultValue the operating system's lookup */
  constructor(
    private readonly options: Pick<Network, 'allowPrivateAddresses' | 'ca'>,
    find: NameLookup = SYSTEM,
  ) {
    this.lookup = options.allowPrivateAddresses ? undefined : createPublicLookup(find);
  }

  /**
   * Checks a host that is an IP address. Call this method before each connection, because a connection to an IP address does not use {@link lookup}.
   *
   * @throws `AUDIT_STREAM_ADDRESS_PRIVATE`
   */
  check(hostname: string): void {
    const host = hostname.replace(/^\[|\]$/g, '');
    if (this.options.allowPrivateAddresses || isIP(host) === 0 || isPublic(host)) return;
    throw streamsErrors.AUDIT_STREAM_ADDRESS_PRIVATE(host);
  }

  /**
   * Connects to a host.
   *
   * @param tls absent for a connection without TLS
   * @throws `AUDIT_STREAM_ADDRESS_PRIVATE`
   */
  connect(host: string, port: number, tls?: OwnCertificate, onConnect?: () => void): Socket {
    this.check(host);
    const target = { host, port, lookup: this.lookup };
    if (!tls) return connectTcp(target, onConnect);
    const certificates = { ca: this.options.ca, cert: tls.certificate, key: tls.key };
    return connectTls({ ...target, ...certificates, minVersion: 'TLSv1.2' }, onConnect);
  }

  /**
   * Looks a name up, and checks every address. Connect to these addresses, so that the client does not look the name up again. If private
   * addresses are allowed, the method resolves with the given host name.
   *
   * @throws `AUDIT_STREAM_ADDRESS_PRIVATE`
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

/** The connection uses the checked address, so DNS rebinding fails. */
function createPublicLookup(find: NameLookup): LookupFunction {
  return (name, options, callback) => {
    find(name, (error, addresses) => {
      const isHidden = addresses?.some(({ address }) => !isPublic(address)) ?? false;
      const fitting = (addresses ?? []).filter(({ family }) => !options.family || family === Number(options.family));
      const [first] = fitting;
      const failure =
        error ??
        (isHidden ? streamsErrors.AUDIT_STREAM_ADDRESS_PRIVATE(name) : first ? null : createNotFoundError(name));
      if (failure || !first) callback(failure, '', 0);
      else if (options.all) callback(null, fitting);
      else callback(null, first.address, first.family);
    });
  };
}

function createNotFoundError(name: string): Error {
  return Object.assign(new Error(`${name} has no address`), { code: 'ENOTFOUND' });
}

/**
 * Runs one attempt to send a batch. The answer is `retry` if `work` throws, the time is over, or `signal` aborts. The function does not wait for an
 * aborted `work`, so `work` must end when its signal aborts.
 */
export async function attemptWithTimeout(
  timeoutMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<StreamResult>,
): Promise<StreamResult> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const any = AbortSignal.any([signal, timeout]);
  const aborted = new Promise<never>((_resolve, reject) => {
    any.addEventListener('abort', () => reject(any.reason as Error), { once: true }); // an AbortSignal's reason
  });
  try {
    any.throwIfAborted();
    return await Promise.race([work(any), aborted]);
  } catch (error) {
    const isLate = timeout.aborted && !signal.aborted;
    const reason = isLate ? `it did not accept the batch within ${timeoutMs} ms` : getErrorMessage(error);
    return { outcome: 'retry', reason };
  }
}

/** Yields the chunks of an answer. If the answer is longer than `maxBytes`, the function throws, which ends the connection. */
export async function* limited(response: Readable, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`its answer is longer than ${maxBytes} bytes`);
    yield chunk;
  }
}

/**
 * Loads the npm package with the client of a destination.
 *
 * @throws `AUDIT_PACKAGE_MISSING` if the package is not installed
 */
export async function loadClient<Package>(name: string, destination: string): Promise<Package> {
  try {
    return (await import(name)) as Package; // the caller chooses the package and its type
  } catch (error) {
    const article = /^[aeiou]/.test(destination) ? 'an' : 'a';
    throw packageErrors.AUDIT_PACKAGE_MISSING.notLoaded(`send to ${article} ${destination} destination`, name, error);
  }
}

/** Removes the parts of a URL that may be secret: user name, password, query and fragment. Returns other values unchanged. */
export function shownUrl(value: unknown): unknown {
  if (typeof value !== 'string' || !/^https?:/i.test(value) || !URL.canParse(value)) return value;
  const { username, password, search, hash } = new URL(value);
  if (username === '' && password === '' && search === '' && hash === '') return value;
  return Object.assign(new URL(value), { username: '', password: '', search: '', hash: '' }).href;
}

import type { Readable } from 'node:stream';
import { errorMessage } from '../../../audit/plain.js';
import { problemsOfNumber } from '../../monitoring/connections/option-problems.js';
import { PackageMissingError } from '../../monitoring/errors/package-missing.error.js';
import type { StreamAnswer } from '../stream-destination.js';

/** What every destination that is reached over the network has. */
export interface NetworkOptions {
  /** How many milliseconds the server may take to answer: 100 to 300,000. @defaultValue 15000 */
  readonly timeoutMs?: number;
  /** Whether the server may be in your own network: loopback, private and link-local addresses. @defaultValue false */
  readonly allowPrivateAddresses?: boolean;
  /** Certificates that sign the server's, in PEM. Default: those of Node. */
  readonly ca?: string;
}

export const NETWORK_NAMES = { timeoutMs: true, allowPrivateAddresses: true, ca: true } as const;

export const TIMEOUT_MS = 15_000;

/** Returns the problems of the options that all network destinations have. */
export function problemsOfNetwork({ timeoutMs, allowPrivateAddresses, ca }: NetworkOptions): readonly string[] {
  return [
    ...problemsOfNumber('timeoutMs', timeoutMs, [100, 300_000]),
    ...(allowPrivateAddresses === undefined || typeof allowPrivateAddresses === 'boolean'
      ? []
      : ['allowPrivateAddresses is neither true nor false']),
    ...(ca === undefined || typeof ca === 'string' ? [] : ['ca must be certificates in PEM']),
  ];
}

/**
 * Runs one attempt to send a batch. The answer is `retry` if `work` throws, the time is over, or `signal` aborts. It does not wait for
 * `work` then: `work` must end by itself once its signal aborts.
 */
export async function attemptWithin(
  timeoutMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<StreamAnswer>,
): Promise<StreamAnswer> {
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
    const reason = isLate ? `it did not take the batch within ${timeoutMs} ms` : errorMessage(error);
    return { outcome: 'retry', reason };
  }
}

/** Yields the chunks of an answer, and throws once they are longer than `maxBytes`, which ends the connection. */
export async function* limited(answer: Readable, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Error(`its answer is longer than ${maxBytes} bytes`);
    yield chunk;
  }
}

/**
 * Loads the package of a destination.
 *
 * @throws PackageMissingError (`AUDIT_PACKAGE_MISSING`) where it is not
 */
export async function loadClient<Package>(name: string, destination: string): Promise<Package> {
  try {
    return (await import(name)) as Package; // named by the caller
  } catch (error) {
    const article = /^[aeiou]/.test(destination) ? 'an' : 'a';
    throw PackageMissingError.notLoaded(`send to ${article} ${destination} destination`, name, error);
  }
}

/**
 * Removes the parts of a URL that may be secret: the user name and password, the query and the fragment. Returns any other value unchanged.
 */
export function shownUrl(value: unknown): unknown {
  if (typeof value !== 'string' || !/^https?:/i.test(value) || !URL.canParse(value)) return value;
  const { username, password, search, hash } = new URL(value);
  if (username === '' && password === '' && search === '' && hash === '') return value;
  return Object.assign(new URL(value), { username: '', password: '', search: '', hash: '' }).href;
}

import type { Readable } from 'node:stream';
import { errorMessage } from '../../../audit/nest-free.js';
import type { StreamResult } from '../stream-destination.js';
import { packageErrors } from '../../../monitoring/errors/package.errors.js';

/**
 * Runs one attempt to send a batch. The answer is `retry` if `work` throws, the time is over, or `signal` aborts. The function does not wait for an
 * aborted `work`, so `work` must end when its signal aborts.
 */
export async function attemptWithin(
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
    const reason = isLate ? `it did not accept the batch within ${timeoutMs} ms` : errorMessage(error);
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

import { errorMessage } from '../../../audit/plain.js';
import type { StreamAnswer } from '../stream-destination.js';

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
  const settled = new AbortController();
  const aborted = new Promise<never>((_resolve, reject) => {
    const stop = (): void => {
      reject(any.reason as Error); // an AbortSignal's reason
    };
    any.addEventListener('abort', stop, { once: true, signal: settled.signal });
  });
  try {
    any.throwIfAborted();
    return await Promise.race([work(any), aborted]);
  } catch (error) {
    const isLate = timeout.aborted && !signal.aborted;
    const reason = isLate ? `it did not take the batch within ${timeoutMs} ms` : errorMessage(error);
    return { outcome: 'retry', reason };
  } finally {
    settled.abort();
  }
}

import { ApiError } from '../../api.error.js';
import type { Api } from '../../api.js';
import type { FilterPair } from '../../query/filters-of.js';
import { LISTED_FIELDS, type ListedEvent, type NewerEvents } from './search-types.js';

const WAIT_SECONDS = '20';
const RETRY_MS = 5_000;

/**
 * Follows what is sealed behind a place, or from now on, until the signal aborts. `take` gets new events, the newest first. A failure is announced, and
 * followed by another try: what came meanwhile is not missed.
 */
export async function followLedger(
  api: Api,
  filters: readonly FilterPair[],
  from: number | undefined,
  signal: AbortSignal,
  take: (events: readonly ListedEvent[]) => void,
  fail: (error: ApiError | undefined) => void,
): Promise<void> {
  let after = from;
  while (!isAborted(signal)) {
    try {
      const place: readonly FilterPair[] =
        after === undefined
          ? []
          : [
              ['after', String(after)],
              ['wait', WAIT_SECONDS],
            ];
      const askedAt = performance.now();
      const newer: NewerEvents = await api.get(
        '/events/newer',
        [...filters, ['fields', LISTED_FIELDS], ...place],
        signal,
      );
      after = newer.after;
      fail(undefined);
      if (newer.items.length > 0) take([...newer.items].reverse());
      // The application let nobody wait: too many do.
      const isRefused = place.length > 0 && newer.items.length === 0 && newer.isWhole;
      if (isRefused && performance.now() - askedAt < RETRY_MS) await pause(signal);
    } catch (error) {
      if (isAborted(signal)) return;
      fail(error instanceof ApiError ? error : new ApiError('unexpected', '', [String(error)]));
      await pause(signal);
    }
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, RETRY_MS);
    signal.addEventListener('abort', resolve, { once: true });
  });
}

/** Asked again after each wait, during which it may have changed. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

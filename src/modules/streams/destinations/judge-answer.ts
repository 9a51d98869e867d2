import type { StreamAnswer } from '../stream-destination.js';

/** The answer of a server. */
export interface PostAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** Statuses by which a server refuses a body for good. */
const OF_THE_BODY = [400, 413, 415, 422];
const GONE = 410;

/**
 * Judges an HTTP answer to a batch. A status about the body means `refused`; every other failure may be temporary: somebody can correct a
 * wrong path or an expired token, and the batch waits.
 */
export function judgeAnswer({ status, retryAfter, body }: PostAnswer): StreamAnswer {
  if (status >= 200 && status < 300) return { outcome: 'accepted' };
  if (status >= 300 && status < 400) {
    return { outcome: 'retry', reason: `it answered ${status}, a redirect, which is not followed` };
  }
  const said = body.replaceAll(/\s+/g, ' ').trim();
  const reason = `it answered ${status}${said === '' ? '' : `: ${said}`}`;
  if (status === GONE) return { outcome: 'gone', reason };
  if (OF_THE_BODY.includes(status)) return { outcome: 'refused', reason };
  const afterMs = msOf(retryAfter);
  return { outcome: 'retry', reason, ...(afterMs === undefined ? {} : { afterMs }) };
}

/** The milliseconds in the header Retry-After: seconds, or an HTTP date. */
function msOf(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined;
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter) * 1_000;
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? undefined : Math.max(at - Date.now(), 0);
}

import { setTimeout as pause } from 'node:timers/promises';
import type { AuditEvent } from '../event/audit-event.js';
import { backoffMs } from './backoff.js';
import { bisectBatch, type BatchOutcome } from './bisect-batch.js';
import type { BatchAnswer } from './offer-batch.js';

/** Offers events to a provider. `attempt` counts from 0. Never rejects. */
export type Offer = (events: readonly AuditEvent[], attempt: number) => Promise<BatchAnswer>;

const RETRIES = 2;

/**
 * Stores a batch as far as the provider lets it: what it refuses is tried again, and then bisected. No other try begins
 * once `timeoutMs` is over.
 */
export async function storeBatch(
  events: readonly AuditEvent[],
  offer: Offer,
  timeoutMs: number,
): Promise<BatchOutcome> {
  const endsAtMs = Date.now() + timeoutMs;
  let answer = await offer(events, 0);
  for (let retry = 0; retry < RETRIES && isPlainRefusal(answer) && Date.now() < endsAtMs; retry++) {
    await pause(backoffMs(retry));
    answer = await offer(events, retry + 1);
  }
  if (answer.status === 'stored') return { stored: events, refused: [], left: [] };
  if (answer.status === 'rejected' && (events.length > 1 || answer.unstorable)) {
    return bisectWithin(events, offer, endsAtMs - Date.now());
  }
  return { stored: [], refused: [], left: events, error: answer.error };
}

/** Bisects a batch; what is not decided when `timeoutMs` is over is left. */
export function bisectWithin(
  events: readonly AuditEvent[],
  offer: Offer,
  timeoutMs: number,
  isUp = false,
): Promise<BatchOutcome> {
  const endsAtMs = Date.now() + timeoutMs;
  const offerInTime = (part: readonly AuditEvent[]): Promise<BatchAnswer> =>
    part !== events && Date.now() > endsAtMs
      ? Promise.resolve({ status: 'timed out', error: `no end within ${timeoutMs} ms` })
      : offer(part, 1);
  return bisectBatch(events, offerInTime, isUp);
}

function isPlainRefusal(answer: BatchAnswer): boolean {
  return answer.status === 'rejected' && !answer.unstorable;
}

import { setTimeout as pause } from 'node:timers/promises';
import type { AuditEvent } from '../event/audit-event.js';
import { bisectBatch, type BatchOutcome } from './bisect-batch.js';
import type { BatchAnswer } from './call-provider.js';
import { backoffMs } from './delivery-timing.js';

/** Offers events to a provider. `attempt` counts from 0. Never rejects. */
export type Offer = (events: readonly AuditEvent[], attempt: number) => Promise<BatchAnswer>;

const RETRIES = 2;

/**
 * Stores a batch as far as the provider takes it: refused events are tried again, and then bisected. It starts no further attempt that
 * would exceed `timeoutMs` in all, if it takes as long as the last one.
 */
export async function storeBatch(
  events: readonly AuditEvent[],
  offer: Offer,
  timeoutMs: number,
): Promise<BatchOutcome> {
  const endsAtMs = performance.now() + timeoutMs;
  let tryTookMs = 0;
  const hasTime = (): boolean => performance.now() + tryTookMs < endsAtMs;
  let answer: BatchAnswer;
  for (let attempt = 0; ; attempt++) {
    const startedMs = performance.now();
    answer = await offer(events, attempt);
    tryTookMs = performance.now() - startedMs;
    if (attempt === RETRIES || !mayHelp(answer) || !hasTime()) break;
    await pause(backoffMs(attempt));
  }
  if (answer.status === 'stored') return { stored: events, isAccepted: answer.isAccepted, refused: [], left: [] };
  const fault = answer.status === 'rejected' ? answer.fault : 'store';
  if (fault === 'events' || (fault === 'unknown' && events.length > 1 && hasTime())) {
    return bisectWithin(events, offer, endsAtMs - performance.now());
  }
  return { stored: [], refused: [], left: events, error: answer.error };
}

/** Bisects a batch; events that are undecided after `timeoutMs` are left. */
export function bisectWithin(
  events: readonly AuditEvent[],
  offer: Offer,
  timeoutMs: number,
  isUp = false,
): Promise<BatchOutcome> {
  const endsAtMs = performance.now() + timeoutMs;
  const offerInTime = (part: readonly AuditEvent[]): Promise<BatchAnswer> =>
    part !== events && performance.now() > endsAtMs
      ? Promise.resolve({ status: 'timed out', error: `no end within ${timeoutMs} ms` })
      : offer(part, 1);
  return bisectBatch(events, offerInTime, isUp);
}

function mayHelp(answer: BatchAnswer): boolean {
  return answer.status === 'rejected' && answer.fault !== 'events';
}

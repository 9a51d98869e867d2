import { createHash, randomUUID } from 'node:crypto';
import type { AuditEvent } from '../../src/audit/index.js';
import type { StreamBatch } from '../../src/extensions/streams/stream-destination.js';

export interface SampleBatchOptions {
  readonly first?: number;
  /** A gap replaces the events with these ids. */
  readonly parked?: readonly string[];
  readonly checkpoint?: string;
  readonly previousHash?: string;
}

export const SAMPLE_SELECTION = { filter: {}, access: { scope: 'all' }, personal: 'include' } as const;

export function sampleBatch(events: readonly AuditEvent[], options: SampleBatchOptions = {}): StreamBatch {
  const { first = 0, parked = [], checkpoint, previousHash = '' } = options;
  const placed = events.map((event, nth) => {
    const index = first + nth;
    return { index, id: event.id, event: { ...event, index }, leafHash: computeHash(event.id) };
  });
  return {
    id: randomUUID(),
    stream: 'siem',
    first,
    last: first + events.length - 1,
    previousHash,
    ...(checkpoint === undefined ? {} : { checkpoint }),
    selection: SAMPLE_SELECTION,
    events: placed.filter(({ id }) => !parked.includes(id)),
    gaps: placed
      .filter(({ id }) => parked.includes(id))
      .map(({ index, id, leafHash }) => ({
        ...{ index, id, leafHash, reason: 'too large' },
        ...{ parkedAt: '2026-11-20T08:00:01.000Z', note: 'a signed note' },
      })),
  };
}

function computeHash(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

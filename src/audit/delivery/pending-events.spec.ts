import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AuditEvent } from '../event/audit-event.js';
import { noteBytes } from '../event/event-bytes.js';
import { EventTally, PendingEvents, type Entry } from './pending-events.js';

function entry(id: number, bytes: number): Entry {
  const event = { id: String(id) } as AuditEvent; // the tests read only the event's id and size
  noteBytes(event, bytes);
  return { event, deadlineMs: id, settle: () => undefined, isAwaited: true, tally: new EventTally(), settled: false };
}

const getIds = (entries: readonly Entry[]): readonly number[] => entries.map(({ event }) => Number(event.id));

it('a batch holds no more events and no more bytes than it may, but at least one event, and keeps the order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60_000 }), { maxLength: 60 }), (sizes) => {
      const line = new PendingEvents({
        maxBatchEvents: 7,
        maxBatchBytes: 100_000,
        maxWaitingEvents: 1_000,
        maxWaitingBytes: 1e9,
      });
      sizes.forEach((bytes, id) => line.push(entry(id, bytes)));
      const taken: number[] = [];
      while (line.length > 0) {
        const batch = getIds(line.takeBatch());
        const bytes = batch.reduce((sum, id) => sum + (sizes[id] ?? 0), 0);
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(7);
        expect(batch.length === 1 || bytes <= 100_000).toBe(true);
        taken.push(...batch);
      }
      expect(taken).toEqual(sizes.map((_, id) => id));
    }),
  );
});

it('an event that is larger than a batch may be goes alone', () => {
  const line = new PendingEvents({ maxBatchEvents: 7, maxBatchBytes: 100, maxWaitingEvents: 10, maxWaitingBytes: 1e9 });
  [50, 101, 50].forEach((bytes, id) => line.push(entry(id, bytes)));
  expect([line.takeBatch(), line.takeBatch(), line.takeBatch()].map(getIds)).toEqual([[0], [1], [2]]);
});

it('gives up what is due, and no more', () => {
  const line = new PendingEvents({ maxBatchEvents: 3, maxBatchBytes: 1e9, maxWaitingEvents: 2, maxWaitingBytes: 1e9 });
  for (let id = 0; id < 9; id++) line.push(entry(id, 1));

  expect(getIds(line.takeDue(4))).toEqual([0, 1, 2, 3, 4]);
  expect(line.length).toBe(4);
});

it('no more may wait than the bytes allow, whoever awaits it, and what is taken frees memory', () => {
  const line = new PendingEvents({ maxBatchEvents: 2, maxBatchBytes: 1e9, maxWaitingEvents: 9, maxWaitingBytes: 5e6 });
  for (let id = 0; id < 4; id++) line.push(entry(id, 2e6));
  expect(line.excess(true)).toBe('more than 5 MiB of events wait');
  line.takeBatch();
  expect(line.excess(true)).toBeUndefined();
});

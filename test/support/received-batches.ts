import { expect } from '@jest/globals';
import { canonicalJson } from '../../src/audit/nest-free.js';
import { hashBatch } from '../../src/extensions/streams/signed-batch.js';
import type { ReceivedBatch } from './webhook-receiver.js';

/** A stream promises one body for each batch id, the previous batch's hash in each accepted batch, and rising places. */
export function expectUnbroken(received: readonly ReceivedBatch[]): void {
  const bodies = new Map<string, string>();
  for (const { batch, body } of received) {
    expect(bodies.get(batch.id) ?? body).toBe(body);
    bodies.set(batch.id, body);
  }
  const accepted = new Map<string, ReceivedBatch>();
  for (const each of received) if ((each.status ?? 0) < 300) accepted.set(each.batch.id, each);
  let [next, previousHash] = [0, ''];
  const places: number[] = [];
  for (const { batch } of accepted.values()) {
    expect(batch.first).toBe(next);
    expect(batch.previousHash).toBe(previousHash);
    next = batch.last + 1;
    previousHash = hashBatch(canonicalJson(withoutNote(batch)));
    places.push(...batch.events.map(({ index }) => index));
  }
  expect(places).toEqual(places.toSorted((one, other) => one - other));
  expect(new Set(places).size).toBe(places.length);
}

function withoutNote(batch: object): object {
  return Object.fromEntries(Object.entries(batch).filter(([name]) => name !== 'note'));
}

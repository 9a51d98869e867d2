import { createHash } from 'node:crypto';
import { expect } from '@jest/globals';
import type { ReceivedBatch } from './webhook-receiver.js';

/**
 * Holds what a receiver has against the promise of a stream: each batch with its id has one body, each accepted batch names the hash of the one
 * before and begins behind it, and the places of the accepted events rise. Resolves with these places.
 *
 * @param begin the first place: of a replay, that of its range
 */
export function expectUnbroken(received: readonly ReceivedBatch[], begin = 0): readonly number[] {
  const bodies = new Map<string, string>();
  for (const { batch, body } of received) {
    expect(bodies.get(batch.id) ?? body).toBe(body);
    bodies.set(batch.id, body);
  }
  const accepted = new Map<string, ReceivedBatch>();
  for (const each of received) if ((each.status ?? 0) < 300) accepted.set(each.batch.id, each);
  let [next, previousHash] = [begin, ''];
  const places: number[] = [];
  for (const { batch, body } of accepted.values()) {
    expect(batch.first).toBe(next);
    expect(batch.previousHash).toBe(previousHash);
    next = batch.last + 1;
    previousHash = createHash('sha256').update(body).digest('base64');
    places.push(...batch.events.map(({ index }) => index));
  }
  expect(places).toEqual(places.toSorted((one, other) => one - other));
  expect(new Set(places).size).toBe(places.length);
  return places;
}

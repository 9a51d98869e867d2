import { describe, expect, it } from '@jest/globals';
import { sampleEvent } from '../../../test/support/sample-event.js';
import { catalogueFactRules } from '../../audit/plain.js';
import { sealEvents, type SealedRow } from '../monitoring/store/seal-row.js';
import { hashEnvelope, idsOfEnvelope, readEnvelope, writeEnvelope, writeEnvelopes } from './envelope.js';

const ORIGIN = 'example.com/log';

function rowsOf(count: number, text = 'Ada "Ä" \\ 😀'): readonly SealedRow[] {
  const events = Array.from({ length: count }, () => sampleEvent({ reason: text, details: { text } }));
  return sealEvents(events, () => catalogueFactRules());
}

function withHead(change: (head: Record<string, unknown>) => object): Buffer {
  const bytes = writeEnvelope(ORIGIN, rowsOf(1));
  const end = bytes.indexOf('\n');
  const head = JSON.parse(bytes.toString('utf8', 0, end)) as Record<string, unknown>;
  return Buffer.concat([Buffer.from(JSON.stringify(change(head))), bytes.subarray(end)]);
}

describe('an envelope', () => {
  it('is split, in order, if it exceeds the maximum size of the servers', () => {
    const rows = rowsOf(50);
    const parts = writeEnvelopes(ORIGIN, rows, 20_000);
    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(20_000);
    const ids = parts.flatMap((part) => idsOfEnvelope(readEnvelope(ORIGIN, part)));
    expect(ids).toEqual(rows.map(({ event }) => event.id));
    expect(writeEnvelopes(ORIGIN, rowsOf(1), 10)).toHaveLength(1);
  });

  it('has the hash of its bytes', () => {
    const bytes = writeEnvelope(ORIGIN, rowsOf(2));
    expect(hashEnvelope(bytes)).toMatch(/^[0-9a-f]{64}$/);
    expect(hashEnvelope(Buffer.from(bytes))).toBe(hashEnvelope(bytes));
    expect(hashEnvelope(bytes.subarray(1))).not.toBe(hashEnvelope(bytes));
  });

  it.each<[string, Buffer, RegExp]>([
    ['of another ledger', writeEnvelope('example.com/other', rowsOf(1)), /for the ledger example.com\/other, not for/],
    ['that is cut off', writeEnvelope(ORIGIN, rowsOf(1)).subarray(0, -1), /cut off/],
    ['without a head', Buffer.from('hello'), /not an envelope/],
    ['of another version', withHead((head) => ({ ...head, version: 2 })), /an envelope of version 2/],
    ['without columns', withHead((head) => ({ ...head, columns: 'all' })), /not an envelope/],
    [
      'with an unknown column',
      withHead(({ columns, ...head }) => ({ ...head, columns: [...(columns as unknown[]), ['mood', 0]] })),
      /the columns mood, which this version lacks/,
    ],
  ])('%s is refused', (_what, bytes, message) => {
    expect(() => readEnvelope(ORIGIN, bytes)).toThrow(message);
  });
});

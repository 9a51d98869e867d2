import { describe, expect, it } from '@jest/globals';
import { sampleEvent } from '../../../test/support/sample-event.js';
import { buildCatalogueFactRules, type AuditEvent } from '../../audit/nest-free.js';
import { createWriter } from '../../../test/support/writers.js';
import { toInboxLines } from '../../monitoring/inbox/inbox-row.js';
import { isSignedByAny } from '../../monitoring/store/inbox-keys.js';
import { hashEnvelope, readEnvelope, writeEnvelopes } from './envelope.js';

const ORIGIN = 'example.com/log';
const LARGE = 1_000_000;

function buildEvents(count: number, text = 'Ada "Ä" \\ 😀'): readonly AuditEvent[] {
  return Array.from({ length: count }, () => sampleEvent({ reason: text, details: { text } }));
}

function write(events: readonly AuditEvent[], maxBytes = LARGE, origin = ORIGIN): readonly Buffer[] {
  const lines = toInboxLines(events, () => buildCatalogueFactRules());
  return writeEnvelopes(origin, lines, createWriter(), maxBytes);
}

const writeOne = (origin = ORIGIN): Buffer => write(buildEvents(1), LARGE, origin)[0] ?? Buffer.alloc(0);

function withHead(change: (head: Record<string, unknown>) => object): Buffer {
  const bytes = writeOne();
  const end = bytes.indexOf('\n');
  const head = JSON.parse(bytes.toString('utf8', 0, end)) as Record<string, unknown>;
  return Buffer.concat([Buffer.from(JSON.stringify(change(head))), bytes.subarray(end)]);
}

describe('an envelope', () => {
  it('is split, in order, if it exceeds the maximum size of the servers, and has rows of its writer', () => {
    const events = buildEvents(50);
    const parts = write(events, 20_000);
    expect(Math.max(...parts.map(({ length }) => length))).toBeLessThanOrEqual(20_000);
    const read = parts.map((part) => readEnvelope(ORIGIN, part));
    const bodies = read.map(({ row }) => row.body);
    const ids = bodies.flatMap((body) => body.split('\n')).map((line) => /"id":"([^"]+)"/.exec(line)?.[1]);
    expect(ids).toEqual(events.map(({ id }) => id));
    expect(read.reduce((sum, { events: count }) => sum + count, 0)).toBe(50);
    for (const { row } of read) expect(isSignedByAny(createWriter().keys, row)).toBe(true);
    expect(write(buildEvents(1), 10)).toHaveLength(1);
  });

  it('has the hash of its bytes', () => {
    const bytes = writeOne();
    expect(hashEnvelope(bytes)).toMatch(/^[0-9a-f]{64}$/);
    expect(hashEnvelope(Buffer.from(bytes))).toBe(hashEnvelope(bytes));
    expect(hashEnvelope(bytes.subarray(1))).not.toBe(hashEnvelope(bytes));
  });

  it.each<[string, Buffer, RegExp]>([
    ['of another ledger', writeOne('example.com/other'), /for the ledger example.com\/other, not for/],
    ['that is cut off', writeOne().subarray(0, -1), /cut off/],
    ['without a head', Buffer.from('hello'), /not an envelope/],
    ['of another version', withHead((head) => ({ ...head, version: 3 })), /an envelope of version 3/],
    ['without a row', withHead((head) => ({ ...head, row: 'all' })), /not an envelope/],
    [
      'with lines of a newer version',
      withHead(({ row, ...head }) => ({ ...head, row: { ...(row as object), version: 2 } })),
      /lines of version 2, which this version lacks/,
    ],
  ])('%s is refused', (_what, bytes, message) => {
    expect(() => readEnvelope(ORIGIN, bytes)).toThrow(message);
  });
});

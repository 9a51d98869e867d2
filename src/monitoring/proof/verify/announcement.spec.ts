import { describe, expect, it } from '@jest/globals';
import { IndexDigest } from '../../keep/archive/archive-manifest.js';
import { findAnnouncedBundles, parseAnnouncement, type Announcement } from './announcement.js';

const OCCURRED_AT = '2026-11-20T03:00:00.000Z';

interface Range {
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly events?: number;
}

function announce(
  { firstIndex, lastIndex, events }: Range,
  fields: Readonly<Record<string, unknown>> = {},
): Announcement {
  const digest = new IndexDigest();
  digest.add(firstIndex, lastIndex);
  const range = { firstIndex, lastIndex, events: events ?? lastIndex - firstIndex + 1, indexesDigest: digest.finish() };
  const due = { act: `${firstIndex}-${lastIndex}`, policy: '{"days":30}', cutoff: '2026-10-01T00:00:00.000Z' };
  return { id: 'id', occurredAt: OCCURRED_AT, details: { ...due, ...range, ...fields } };
}

const announced = (missing: readonly number[], ...announcements: readonly (readonly [number, Announcement])[]) => [
  ...findAnnouncedBundles(missing, new Map(announcements)),
];

describe('the bundles that announcements explain', () => {
  it('are at most as many as the announced events', () => {
    const scattered = announce({ firstIndex: 0, lastIndex: 2_000, events: 2 });
    const last = announce({ firstIndex: 600, lastIndex: 700, events: 1 });
    expect(announced([0, 1, 2, 3], [5_000, scattered])).toEqual([0, 1]);
    expect(announced([1, 2, 3], [5_000, scattered], [5_001, last])).toEqual([1, 2, 3]);
    expect(announced([0, 1, 2, 3], [5_000, scattered], [5_001, scattered])).toEqual([0, 1]);
  });

  it('are due with a tolerance for clocks', () => {
    const early = announce({ firstIndex: 0, lastIndex: 700 }, { cutoff: '2026-10-21T03:05:00.000Z' });
    const tooEarly = announce({ firstIndex: 0, lastIndex: 700 }, { cutoff: '2026-10-21T03:05:00.001Z' });
    expect([early, tooEarly].map((each) => announced([0], [900, each]))).toEqual([[0], []]);
  });

  it.each([
    ['is of places behind it', 700, announce({ firstIndex: 0, lastIndex: 700 })],
    ['is of more events than places', 900, announce({ firstIndex: 0, lastIndex: 700, events: 702 })],
    ['has the digest of other places', 900, announce({ firstIndex: 0, lastIndex: 700 }, { indexesDigest: 'other' })],
    ['came too early', 900, announce({ firstIndex: 0, lastIndex: 700 }, { cutoff: OCCURRED_AT })],
    ['names no policy', 900, announce({ firstIndex: 0, lastIndex: 700 }, { policy: 'none' })],
    ['is without places', 900, announce({ firstIndex: 0, lastIndex: 700 }, { firstIndex: '0' })],
  ])('are not explained by an announcement that %s', (_what, index, announcement) => {
    expect(announced([0, 1], [index, announcement])).toEqual([]);
  });
});

it('an announcement is read only from the entry of its event', () => {
  const { id, occurredAt, details } = announce({ firstIndex: 0, lastIndex: 1 });
  const toEntry = (event: unknown): Uint8Array => Buffer.from(JSON.stringify(event));
  const event = { id, occurredAt, type: 'audit_events_retired', details };
  expect(parseAnnouncement(toEntry(event))).toEqual({ id, occurredAt, details });
  expect(parseAnnouncement(toEntry({ ...event, type: 'other', reason: event.type }))).toBeUndefined();
  expect(parseAnnouncement(Buffer.from('audit_events_retired {'))).toBeUndefined();
  for (const none of [null, undefined, 7, 'text']) {
    expect(parseAnnouncement(toEntry({ ...event, details: none }))).toBeUndefined();
  }
});

import { describe, expect, it } from '@jest/globals';
import { sampleEvent } from '../../../../test/support/sample-event.js';
import { sampleBatch } from '../../../../test/support/stream-batches.js';
import { lineOf } from './stream-format.js';
import { entriesOf, GAP_TYPE } from './streamed-entries.js';

const SOURCE = { origin: 'audit.example.com/shop', version: '1.2.3' };

describe('the entries of a batch', () => {
  it('are its events and its gaps, in the order of their places', () => {
    const [first, parked, last] = [sampleEvent(), sampleEvent(), sampleEvent()];
    const batch = sampleBatch([first, parked, last], { parked: [parked.id] });
    const entries = entriesOf(batch);

    expect(entries.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(entries.map(({ id }) => id)).toEqual([first.id, `${parked.id}-gap`, last.id]);
    expect(entries[1]?.event).toMatchObject({
      ...{ type: GAP_TYPE, reason: 'too large', resource: { type: 'audit_event', id: parked.id } },
      details: { note: 'a signed note' },
    });
  });

  it('of a gap fit every format; CEF keeps the whole id', () => {
    const parked = sampleEvent();
    const [gap] = entriesOf(sampleBatch([parked], { parked: [parked.id] }));
    if (!gap) throw new Error('the batch has a gap');
    expect(lineOf('cef', gap, SOURCE)).toContain(` externalId=${parked.id}-gap `);
    expect(lineOf('leef', gap, SOURCE)).toContain(`\teventId=${parked.id}-gap\t`);
  });
});

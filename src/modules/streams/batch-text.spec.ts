import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { sampleEvent } from '../../../test/support/sample-event.js';
import { sampleBatch } from '../../../test/support/stream-batches.js';
import { canonicalJson } from '../../audit/plain.js';
import { batchBytes, hashBatch } from './batch-text.js';

const [one, other, last] = [sampleEvent({ reason: 'a "name": Zoë 🙂' }), sampleEvent(), sampleEvent()];

describe('the bytes of a batch', () => {
  it.each([
    ['no event', sampleBatch([])],
    ['one event', sampleBatch([one])],
    [
      'several events, a gap and a checkpoint',
      sampleBatch([one, other, last], { parked: [other.id], checkpoint: 'a\n"b"' }),
    ],
    ['a checkpoint that looks like the place of the events', sampleBatch([one], { checkpoint: '"events":[]' })],
  ])('are its canonical JSON: %s', (_, batch) => {
    expect(batchBytes(batch).toString('utf8')).toBe(canonicalJson(batch));
    expect(hashBatch(batch)).toBe(createHash('sha256').update(canonicalJson(batch)).digest('base64'));
  });
});

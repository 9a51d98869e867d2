import { describe, expect, it } from '@jest/globals';
import { mintEventId } from './mint-event-id.js';

describe('the ids of events', () => {
  it('are UUIDv7, in their order, each a new one, also when new random bytes are drawn', () => {
    const ids = Array.from({ length: 5_000 }, mintEventId);

    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(ids).toEqual([...new Set(ids)].sort());
  });

  it('differ in their last 32 bits, too, which no counter makes', () => {
    expect(new Set(Array.from({ length: 5_000 }, () => mintEventId().slice(-8))).size).toBeGreaterThan(4_990);
  });
});

import { describe, expect, it } from '@jest/globals';
import { sampleEvent } from '../../../../test/support/sample-event.js';
import { catalogueFactRules, type JsonValue } from '../../../audit/plain.js';
import { sealEvents } from './seal-row.js';

const rules = catalogueFactRules({ factFields: ['n'] });

describe('a sealed row', () => {
  it('has a salt of its own', () => {
    const event = sampleEvent();
    const rows = sealEvents(
      Array.from({ length: 600 }, () => event),
      () => rules,
    ); // drawn for 256 at once
    expect(new Set(rows.map(({ salt }) => salt)).size).toBe(600);
    expect(new Set(rows.map(({ leafHash }) => leafHash)).size).toBe(600);
  });

  it('of an event that no entry can hold is refused', () => {
    const event = sampleEvent({ details: { n: '€'.repeat(22_000) } });
    expect(() => sealEvents([event], () => rules)).toThrow(/canonical JSON has \d+ bytes/);
    expect(() => sealEvents([sampleEvent({ details: { n: 'x'.repeat(70_000) } })], () => rules)).toThrow(/bytes/);
  });

  it('has no details where a few long names lead to many values, which would become megabytes', () => {
    let details: JsonValue = Object.fromEntries(Array.from({ length: 3_000 }, (_, nth) => [`n${nth}`, 'Ada']));
    for (let level = 0; level < 8; level++) details = { [`step${level}`.repeat(20)]: details };
    const [row] = sealEvents([sampleEvent({ details: { details } })], () => rules);
    expect(row).toMatchObject({
      json: { details: '{}' },
      event: { truncated: true, actor: { name: 'Ada' } },
    });
  });
});

import { describe, expect, it } from '@jest/globals';
import { sampleEvent } from '../../../../test/support/sample-event.js';
import { catalogueFactRules, type JsonValue } from '../../../audit/plain.js';
import { sealEvents } from './seal-row.js';

const rules = catalogueFactRules({ factFields: ['n'] });

describe('a sealed row', () => {
  it('has its own salt', () => {
    const event = sampleEvent();
    const rows = sealEvents(
      Array.from({ length: 600 }, () => event),
      () => rules,
    ); // drawn for 256 at once
    expect(new Set(rows.map(({ salt }) => salt)).size).toBe(600);
    expect(new Set(rows.map(({ leafHash }) => leafHash)).size).toBe(600);
  });

  it('is refused if the event is too large for an entry', () => {
    const event = sampleEvent({ details: { n: '€'.repeat(22_000) } });
    expect(() => sealEvents([event], () => rules)).toThrow(/canonical JSON has \d+ bytes/);
    expect(() => sealEvents([sampleEvent({ details: { n: 'x'.repeat(70_000) } })], () => rules)).toThrow(/bytes/);
  });

  it('has no details if a few long names contain so many values that they would become megabytes', () => {
    let details: JsonValue = Object.fromEntries(Array.from({ length: 3_000 }, (_, nth) => [`n${nth}`, 'Ada']));
    for (let level = 0; level < 8; level++) details = { [`step${level}`.repeat(20)]: details };
    const [row] = sealEvents([sampleEvent({ details: { details } })], () => rules);
    expect(row).toMatchObject({
      json: { details: '{}' },
      event: { truncated: true, actor: { name: 'Ada' } },
    });
  });
});

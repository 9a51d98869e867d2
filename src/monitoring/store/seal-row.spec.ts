import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { sampleEvent } from '../../../test/support/sample-event.js';
import { buildCatalogueFactRules, type JsonValue } from '../../audit/nest-free.js';
import { classify } from '../inbox/find-personal.js';
import { sealLine } from './seal-row.js';
import type { AuditEvent } from '../../audit/nest-free.js';

const rules = buildCatalogueFactRules({ factFields: ['n'] });
const seal = (event: AuditEvent, seed = randomBytes(16)) => sealLine(classify(event, rules), seed);

describe('a sealed row', () => {
  it('has the salt of its seed', () => {
    const event = sampleEvent();
    const rows = Array.from({ length: 600 }, () => seal(event));
    expect(new Set(rows.map(({ salt }) => salt)).size).toBe(600);
    expect(new Set(rows.map(({ leafHash }) => leafHash)).size).toBe(600);
  });

  it('is refused if the event is too large for an entry', () => {
    const event = sampleEvent({ details: { n: '€'.repeat(22_000) } });
    expect(() => seal(event)).toThrow(/canonical JSON of the event \S+ has \d+ bytes/);
    expect(() => seal(sampleEvent({ details: { n: 'x'.repeat(70_000) } }))).toThrow(/bytes/);
  });

  it('has no details if a few long names contain so many values that they would become megabytes', () => {
    let details: JsonValue = Object.fromEntries(Array.from({ length: 3_000 }, (_, nth) => [`n${nth}`, 'Ada']));
    for (let level = 0; level < 8; level++) details = { [`step${level}`.repeat(20)]: details };
    const row = seal(sampleEvent({ details: { details } }));
    expect(row).toMatchObject({
      json: { details: '{}' },
      event: { truncated: true, actor: { name: 'Ada' } },
    });
  });
});

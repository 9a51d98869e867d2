import { describe, expect, it } from '@jest/globals';
import { sampleEvent } from '../../../../test/support/sample-event.js';
import { catalogueFactRules, type AuditEvent } from '../../../audit/plain.js';
import { EVENT_COLUMNS } from './event-columns.js';
import { insertEvents } from './insert-events.js';
import { sealEvents } from './seal-row.js';

const plain = sampleEvent({ actor: { type: 'system' }, request: { id: 'r-1' }, changes: {} });

/** What the statement is sent for a column. */
function sent(column: string, ...batch: readonly AuditEvent[]): string | undefined {
  const rows = sealEvents(batch, () => catalogueFactRules());
  return insertEvents(rows).values[EVENT_COLUMNS.findIndex(({ name }) => name === column)];
}

describe('the arrays of a batch', () => {
  it.each(['actor_name', 'on_behalf_of', 'ip', 'trace_id', 'truncated', 'duration_ms'])(
    'of the column %s are empty when no event has anything to say',
    (column) => {
      expect(sent(column, plain, plain)).toMatch(/^(\{\})?$/);
    },
  );

  it('have an element for each event as soon as one has something to say', () => {
    const cut = sampleEvent({ truncated: true, request: { id: 'r-1', statusCode: 404 } });

    expect(sent('truncated', plain, cut, plain)).toBe('{false,true,false}');
    expect(sent('status_code', plain, cut, plain)).toBe('{NULL,404,NULL}');
    expect(sent('on_behalf_of', plain, cut, plain)).toBe('\n{"id":"u-2","type":"user"}\n');
  });

  it('hold texts with quotation marks and backslashes, and the bytes of hashes', () => {
    expect(sent('reason', sampleEvent({ reason: String.raw`say "\"` }))).toBe(String.raw`{"say \"\\\""}`);
    expect(sent('leaf_hash', plain)).toMatch(/^\{"\\\\x[0-9a-f]{64}"\}$/);
  });
});

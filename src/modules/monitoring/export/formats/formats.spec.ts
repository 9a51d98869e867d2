import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { sampleEvent } from '../../../../../test/support/sample-event.js';
import { COPIED_COLUMNS, eventOfCopy, type CopiedRow } from '../copied-row.js';
import { RowSplitter } from '../row-splitter.js';
import { cloudEventOf } from './cloud-event.js';
import { CSV_HEADER, csvLineOf } from './csv.js';
import { jsonLineOf } from './json-lines.js';

const ALL = { scope: 'all' } as const;

/** A row with what it must have, and `values`. */
function copied(values: Readonly<Record<string, string | null>>): CopiedRow {
  const row: Readonly<Record<string, string | null>> = {
    index: '7',
    id: '01890000-0000-7000-8000-000000000001',
    schema_version: '1',
    occurred_at: '2026-11-20T08:00:00.123Z',
    type: 'order_created',
    action: 'order_creation',
    outcome: 'success',
    category: 'order',
    severity: 'info',
    actor_type: 'user',
    details: '{}',
    metadata: '{}',
    truncated: 'f',
    ...values,
  };
  return COPIED_COLUMNS.map((name) => row[name] ?? null);
}

describe('a line of JSON', () => {
  it('is the event as the API shows it, whatever stands in its columns', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('"', '\\', '\n', '\u2028', '={}', '🦉', ''));
    const json = fc.json().map((value) => `{"a": ${value}}`);
    const columns = fc.record(
      {
        ...Object.fromEntries(TEXTS.map((name) => [name, fc.option(text)])),
        ...Object.fromEntries(['changes', 'error', 'details_issues'].map((name) => [name, fc.option(json)])),
        details: json,
        on_behalf_of: fc.constantFrom(null, '{"id": "u-2", "type": "user"}'),
        status_code: fc.constantFrom(null, '201'),
        duration_ms: fc.constantFrom(null, '12.345', '1e-07', '0'),
        truncated: fc.constantFrom('t', 'f'),
        personal: fc.constantFrom(
          null,
          '{"/details/email": "ada@example.com", "/metadata/name": "Ada"}',
          '{"/none/x": 1}',
        ),
      },
      { requiredKeys: ['details'] },
    );
    fc.assert(
      fc.property(columns, (values) => {
        const row = copied(values);
        const shown: unknown = JSON.parse(JSON.stringify(eventOfCopy(row, ALL)));
        expect(JSON.parse(jsonLineOf(row, ALL))).toEqual(shown);
      }),
    );
  });

  it('shows a person nothing personal of others', () => {
    const row = copied({
      actor_id: 'u-1',
      actor_name: 'Ada',
      ip: '203.0.113.7',
      personal: '{"/details/email": "a@b.c"}',
    });
    const line = jsonLineOf(row, { scope: 'subject', subjectId: 'u-2' });
    expect(line).not.toMatch(/Ada|203\.0|a@b/);
    expect(jsonLineOf(row, { scope: 'subject', subjectId: 'u-1' })).toContain('a@b.c');
  });
});

const TEXTS = ['type', 'actor_id', 'actor_name', 'tenant_id', 'resource_type', 'resource_id', 'user_agent', 'reason'];

describe('a record of CSV', () => {
  const read = (line: string): Record<string, string> => {
    const rows: Record<string, string>[] = parse(CSV_HEADER + line, { columns: true, record_delimiter: '\r\n' });
    return rows[0] ?? {};
  };

  it('is read back by a parser of RFC 4180', () => {
    const event = { ...sampleEvent({ reason: 'a "quoted", text\r\nof two lines' }), index: 7 };
    const row = read(csvLineOf(event));
    expect(row).toMatchObject({ index: '7', id: event.id, reason: event.reason, durationMs: '12.345', truncated: '' });
    expect(JSON.parse(row.details ?? '')).toEqual(event.details);
    expect(JSON.parse(row.changes ?? '')).toEqual(event.changes);
    expect(csvLineOf(event)).toMatch(/\r\n$/);
  });

  it.each(['=cmd|calc', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '\nx', "'quoted", '＝1'])(
    'is no formula for a spreadsheet where a text is %j, and an apostrophe away from the text',
    (reason) => {
      const shown = read(csvLineOf({ ...sampleEvent({ reason }), index: 7 })).reason ?? '';
      expect(shown).toBe(`'${reason}`);
    },
  );
});

describe('the CloudEvent', () => {
  it('has what CloudEvents 1.0 requires, and the event as its data', () => {
    const event = { ...sampleEvent({ type: 'user_login_failed' }), index: 7 };
    expect(cloudEventOf(event, 'audit.example.com/shop')).toEqual({
      specversion: '1.0',
      id: event.id,
      source: 'audit.example.com/shop',
      type: 'com.example.audit.user_login_failed',
      time: event.occurredAt,
      subject: 'order/o-1',
      datacontenttype: 'application/json',
      sequence: '7',
      data: event,
    });
  });
});

describe('what PostgreSQL copies out', () => {
  it('is split into rows and values, wherever its chunks end', () => {
    const bytes = Buffer.from('1\ta\\tb\\nc\\\\N\t\\N\n2\tünï🦉\\r\\b\\f\\v\t\n');
    const rows = [
      ['1', 'a\tb\nc\\N', null],
      ['2', 'ünï🦉\r\b\f\v', ''],
    ];
    for (let at = 0; at <= bytes.length; at++) {
      const splitter = new RowSplitter();
      const seen = [...splitter.split(bytes.subarray(0, at)), ...splitter.split(bytes.subarray(at))];
      expect(seen).toEqual(rows);
    }
  });
});

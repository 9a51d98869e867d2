import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { sampleEvent } from '../../../../../test/support/sample-event.js';
import { COPIED_COLUMNS, eventOfCopy, type CopiedRow } from '../copied-row.js';
import { copiedRows } from '../export-blocks.js';
import { EXPORT_FORMATS, lineWriterOf } from '../export-format.js';
import { cloudEventOf } from './cloud-event.js';
import { CSV_HEADER, csvLineOf } from './csv.js';

const ORIGIN = 'audit.example.com/shop';

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

/** As PostgreSQL copies a row out, in the text format. */
function copyOut(row: CopiedRow): string {
  const fields = row.map((value) =>
    value === null ? '\\N' : value.replace(/[\\\b\f\n\r\t\v]/g, (byte) => ESCAPES[byte] ?? byte),
  );
  return `${fields.join('\t')}\n`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v' },
};

it('a line of an export shows a person nothing personal of others', () => {
  const row = copied({
    actor_id: 'u-1',
    actor_name: 'Ada',
    ip: '203.0.113.7',
    personal: '{"/details/email": "a@b.c"}',
  });
  for (const format of EXPORT_FORMATS) {
    const lineFor = (subjectId: string): string =>
      lineWriterOf(format, ORIGIN)(eventOfCopy(row, { scope: 'subject', subjectId }));
    expect(lineFor('u-2')).not.toMatch(/Ada|203\.0|a@b/);
    expect(lineFor('u-1')).toContain('a@b.c');
  }
});

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

  it.each(['=cmd|calc', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '\nx', "'quoted", '＝1', '＋1', '－1', '＠SUM(A1)'])(
    'is not a formula for a spreadsheet where a text is %j, and differs from the text by an apostrophe',
    (reason) => {
      const shown = read(csvLineOf({ ...sampleEvent({ reason }), index: 7 })).reason ?? '';
      expect(shown).toBe(`'${reason}`);
    },
  );
});

it('the CloudEvent has what CloudEvents 1.0 requires, and the event as its data', () => {
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

it('what PostgreSQL copies out is taken row by row, wherever its chunks end', async () => {
  const texts = ['a\tb\nc\\N', 'ünï🦉\r\b\f\v', '', '\\N'];
  const rows = texts.map((reason, nth) => copied({ index: String(nth), reason, actor_id: null }));
  const bytes = Buffer.from(rows.map(copyOut).join(''));
  for (let at = 0; at <= bytes.length; at++) {
    const seen: CopiedRow[] = [];
    const chunks = [bytes.subarray(0, at), bytes.subarray(at)];
    for await (const taken of copiedRows(Readable.from(chunks, { objectMode: false }))) seen.push(...taken);
    expect(seen).toEqual(rows);
  }
});

import { Readable } from 'node:stream';
import { expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { sampleEvent } from '../../../../../test/support/sample-event.js';
import { COPIED_COLUMNS, eventOfCopy, type CopiedRow } from '../copied-row.js';
import { copiedRows } from '../export-blocks.js';
import { EXPORT_FORMATS, lineWriterOf } from '../export-format.js';
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

it.each(['=cmd|calc', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '\nx', "'quoted", '＝1', '＋1', '－1', '＠SUM(A1)'])(
  'a record of CSV is not a formula for a spreadsheet where a text is %j, and differs from the text by an apostrophe',
  (reason) => {
    const line = CSV_HEADER + csvLineOf({ ...sampleEvent({ reason }), index: 7 });
    const rows: Record<string, string>[] = parse(line, { columns: true, record_delimiter: '\r\n' });
    expect(rows[0]?.reason).toBe(`'${reason}`);
  },
);

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

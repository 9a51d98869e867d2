import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { ANY_CHARACTER } from '../../../../../test/support/any-character.js';
import { sampleEvent } from '../../../../../test/support/sample-event.js';
import type { LedgerAccess } from '../../access/ledger-access.js';
import { ACTOR_TYPES, OUTCOMES, SEVERITIES } from '../../../../audit/plain.js';
import { COPIED_COLUMNS, eventOfCopy, type CopiedRow } from '../copied-row.js';
import { CopiedRows } from '../copied-rows.js';
import { withTags } from '../../query/compliance-tags.js';
import { EXPORT_FORMATS, lineWriterOf, type ExportFormat } from '../export-format.js';
import { LineBuffer } from '../line-buffer.js';
import { cloudEventOf } from './cloud-event.js';
import { CSV_HEADER, csvLineOf } from './csv.js';
import { ocsfEventOf } from './ocsf.js';
import { runs } from '../../../../../test/support/whole.js';

const ALL = { scope: 'all' } as const;
const ORIGIN = 'audit.example.com/shop';
const TAGS = new Map([['order_creation', ['pci_dss', 'soc2']]]);

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

/** The line of a row in a format. */
function lineOf(row: CopiedRow, format: ExportFormat, access: LedgerAccess = ALL): string {
  const rows = new CopiedRows();
  rows.take(Buffer.from(copyOut(row)));
  expect(rows.step()).toBe(true);
  const line = new LineBuffer(1);
  lineWriterOf(format, access, { origin: ORIGIN, tags: TAGS })(rows, line);
  return line.view().toString('utf8');
}

describe('a line of an export', () => {
  it('is what the format makes of the event as the API shows it, whatever stands in its columns', () => {
    const text = fc.oneof(
      fc.string({ unit: ANY_CHARACTER, maxLength: 20 }).map((any) => any.replaceAll('\0', '')), // which PostgreSQL takes nowhere
      fc.constantFrom('"', '\\', '\n', '\v', '\u0001', '\u2028', '={}', '＝1', '＋1', '－1', '＠1', '\t"', '🦉', ''),
    );
    const json = fc.json().map((value) => spaced({ a: JSON.parse(value) as unknown }));
    const personal = fc.dictionary(
      fc.constantFrom(
        '/details/email',
        '/details/"',
        '/details/x~1y',
        '/details/a/0',
        '/metadata/ü',
        '/changes/b',
        '/error/message',
        '/none/x',
      ),
      fc.oneof(text, fc.jsonValue()),
    );
    const columns = fc.record(
      {
        type: text,
        action: fc.constantFrom(
          'order_creation',
          'user_login',
          'session_revocation',
          'user_password_change',
          'session_role_grant',
          'access',
          'system_start',
          'file_upload',
          'file_import',
          'rate_limit_check',
          'role_assignment',
          'user_creation',
          'x_view',
          'x',
        ),
        category: fc.constantFrom('order', 'authentication', 'user_management', 'data_access', 'authorization', 'x'),
        outcome: fc.constantFrom(...OUTCOMES),
        severity: fc.constantFrom(...SEVERITIES),
        actor_type: fc.constantFrom(...ACTOR_TYPES),
        method: fc.constantFrom(null, 'GET', 'QUERY', 'constructor'),
        route: fc.constantFrom(null, '', '/a', '/a/:b', '/a"ü'),
        ...Object.fromEntries(TEXTS.map((name) => [name, fc.option(text)])),
        resource_type: fc.option(fc.oneof(text, fc.constantFrom('user', 'session'))),
        ...Object.fromEntries(['changes', 'details_issues'].map((name) => [name, fc.option(json)])),
        details: fc.oneof(
          json,
          fc.constantFrom(
            '{}',
            '{"roles": ["a"], "userId": "u-3"}',
            '{"targetUserId": 7, "newPermissions": ["a", "b"], "changedBy": "u-1", "sessionId": "s-2"}',
            '{"mfa": true, "method": "mfa", "action": "write", "resource": "x", "initiatedBy": "user"}',
            '{"email": "ada@example.com", "fileName": "a.csv", "fileSize": 7, "mimeType": "text/csv", "version": "1.2"}',
            '{"email": 1}',
            '{"a": [{"email": null}], "b": "\\"email\\":"}',
          ),
        ),
        metadata: fc.oneof(json, fc.constant('{}')),
        error: fc.constantFrom(null, '{"name": "Error"}', '{"code": "E\\"1", "name": "=x"}'),
        on_behalf_of: fc.constantFrom(null, '{"id": "u-2", "type": "user"}'),
        status_code: fc.constantFrom(null, '201'),
        duration_ms: fc.constantFrom(null, '12.345', '1e-07', '0'),
        truncated: fc.constantFrom('t', 'f'),
        personal: fc.option(personal.map(spaced)),
      },
      { requiredKeys: ['type', 'details', 'metadata'] },
    );
    fc.assert(
      fc.property(columns, (values) => {
        const row = copied(values);
        const event = withTags(eventOfCopy(row, ALL), TAGS);
        expect(JSON.parse(lineOf(row, 'jsonl'))).toEqual(plain(event));
        expect(JSON.parse(lineOf(row, 'cloudevents'))).toEqual(plain(cloudEventOf(event, ORIGIN)));
        expect(JSON.parse(lineOf(row, 'ocsf'))).toEqual(plain(ocsfEventOf(event, ORIGIN)));
        expect(cellsOf(lineOf(row, 'csv'))).toEqual(cellsOf(csvLineOf(event)));
      }),
      { numRuns: runs(500) },
    );
  });

  it('shows a person nothing personal of others', () => {
    const row = copied({
      actor_id: 'u-1',
      actor_name: 'Ada',
      ip: '203.0.113.7',
      personal: '{"/details/email": "a@b.c"}',
    });
    for (const format of EXPORT_FORMATS) {
      expect(lineOf(row, format, { scope: 'subject', subjectId: 'u-2' })).not.toMatch(/Ada|203\.0|a@b/);
      expect(lineOf(row, format, { scope: 'subject', subjectId: 'u-1' })).toContain('a@b.c');
    }
  });
});

/** JSON as PostgreSQL writes it: with a space behind each colon and comma. */
function spaced(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([name, field]) => `${JSON.stringify(name)}: ${spaced(field)}`)
    .join(', ')}}`;
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** The cells of a record, those of JSON and the duration parsed: PostgreSQL writes numbers otherwise. */
function cellsOf(line: string): readonly unknown[] {
  const [cells = []] = parse(line, { record_delimiter: '\r\n' }) as unknown as readonly (readonly string[])[]; // without columns, rows are lists
  return cells.map((cell, nth) => {
    if (nth === DURATION) return Number(cell);
    return /^[[{]/.test(cell) ? (JSON.parse(cell) as unknown) : cell;
  });
}

const DURATION = CSV_HEADER.split(',').indexOf('durationMs');

const TEXTS = [
  'session_id',
  'request_id',
  'actor_id',
  'actor_name',
  'tenant_id',
  'resource_type',
  'resource_id',
  'user_agent',
  'reason',
];

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
  it('is taken row by row, wherever its chunks end', () => {
    const texts = ['a\tb\nc\\N', 'ünï🦉\r\b\f\v', '', '\\N'];
    const rows = texts.map((reason, nth) => copied({ index: String(nth), reason, actor_id: null }));
    const bytes = Buffer.from(rows.map(copyOut).join(''));
    for (let at = 0; at <= bytes.length; at++) {
      const taken = new CopiedRows();
      const seen: unknown[] = [];
      for (const chunk of [bytes.subarray(0, at), bytes.subarray(at)]) {
        taken.take(chunk);
        while (taken.step()) seen.push([taken.index, taken.id, taken.texts()]);
      }
      expect(seen).toEqual(rows.map((row, nth) => [nth, row[1], row]));
    }
  });
});

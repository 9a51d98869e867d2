import { expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { sampleEvent } from '../../../../../test/support/sample-event.js';
import { toLedgerEvent } from '../../query/ledger-event.js';
import { EXPORT_FORMATS, FILE_KINDS, CSV_HEADER, formatCsvLine } from '../export-format.js';

const ORIGIN = 'audit.example.com/shop';

it('a line of an export hides the personal data of others from a person', () => {
  const row = {
    index: '7',
    id: '01890000-0000-7000-8000-000000000001',
    schema_version: 1,
    occurred_at: '2026-11-20T08:00:00.123Z',
    type: 'order_created',
    action: 'order_creation',
    outcome: 'success',
    category: 'order',
    severity: 'info',
    actor_type: 'user',
    actor_id: 'u-1',
    actor_name: 'Ada',
    ip: '203.0.113.7',
    details: {},
    metadata: {},
    personal: { '/details/email': 'a@b.c' },
  };
  for (const format of EXPORT_FORMATS) {
    const lineFor = (subjectId: string): string =>
      FILE_KINDS[format].formatLine(toLedgerEvent({ scope: 'subject', subjectId }, row), ORIGIN);
    expect(lineFor('u-2')).not.toMatch(/Ada|203\.0|a@b/);
    expect(lineFor('u-1')).toContain('a@b.c');
  }
});

it.each(['=cmd|calc', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '\nx', "'quoted", '＝1', '＋1', '－1', '＠SUM(A1)'])(
  'a CSV record prefixes %j with an apostrophe, so that a spreadsheet does not execute it',
  (reason) => {
    const line = CSV_HEADER + formatCsvLine({ ...sampleEvent({ reason }), index: 7 });
    const rows: Record<string, string>[] = parse(line, { columns: true, record_delimiter: '\r\n' });
    expect(rows[0]?.reason).toBe(`'${reason}`);
  },
);

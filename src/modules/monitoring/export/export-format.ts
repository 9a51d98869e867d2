import type { LedgerAccess } from '../access/ledger-access.js';
import { withTags, type ComplianceTags } from '../query/compliance-tags.js';
import type { LedgerEvent } from '../query/ledger-event.js';
import { eventOfCopy } from './copied-row.js';
import type { CopiedRows } from './copied-rows.js';
import { NEWLINE } from './copy-bytes.js';
import { cloudEventMembers, cloudEventOf } from './formats/cloud-event.js';
import { CSV_HEADER, csvLineOf, writeCsvRecord } from './formats/csv.js';
import { eventMembers } from './formats/json-lines.js';
import { ocsfEventOf } from './formats/ocsf.js';
import { OcsfWriter } from './formats/ocsf-writer.js';
import { writeObject, type RowMember } from './formats/row-json.js';
import { JoinedColumns } from './joined-columns.js';
import type { LineBuffer } from './line-buffer.js';

/** The formats of an export. */
export const EXPORT_FORMATS = ['jsonl', 'csv', 'ocsf', 'cloudevents'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** How a format looks as a file. */
export interface FileKind {
  readonly contentType: string;
  /** With its dot. */
  readonly extension: string;
  /** What stands before the first event. */
  readonly header: string;
}

const LINES = { contentType: 'application/x-ndjson; charset=utf-8', extension: '.jsonl', header: '' };

/** Each format as a file. */
export const FILE_KINDS: Readonly<Record<ExportFormat, FileKind>> = {
  jsonl: LINES,
  csv: { contentType: 'text/csv; charset=utf-8; header=present', extension: '.csv', header: CSV_HEADER },
  ocsf: { ...LINES, extension: '.ocsf.jsonl' },
  cloudevents: { ...LINES, extension: '.cloudevents.jsonl' },
};

/** What Excel takes for the sign of UTF-8. */
const BYTE_ORDER_MARK = '\uFEFF';

/** What stands before the first event of a file. */
export function headerOf(format: ExportFormat, withByteOrderMark: boolean): string {
  return `${withByteOrderMark ? BYTE_ORDER_MARK : ''}${FILE_KINDS[format].header}`;
}

/** Puts rows as one format has them, each with the end of its line. */
export type LineWriter = (row: CopiedRows, out: LineBuffer) => void;

/**
 * The writer of a format, for who has this access to the ledger of this origin. It passes the bytes of rows on; events are made
 * of them where something of a row is hidden, or its personal part is not of it.
 */
export function lineWriterOf(
  format: ExportFormat,
  access: LedgerAccess,
  { origin, tags }: Pick<FormatContext, 'origin' | 'tags'>,
): LineWriter {
  const lineOf = eventWriterOf(format, origin);
  const columns = new JoinedColumns();
  const writeRow = access.scope === 'subject' ? undefined : rowWriterOf(format, { origin, tags, columns });
  return (row, out) => {
    if (writeRow && columns.take(row)) writeRow(row, out);
    else out.putText(lineOf(withTags(eventOfCopy(row.texts(), access), tags)));
  };
}

function eventWriterOf(format: ExportFormat, origin: string): (event: LedgerEvent) => string {
  switch (format) {
    case 'jsonl':
      return (event) => `${JSON.stringify(event)}\n`;
    case 'csv':
      return csvLineOf;
    case 'ocsf':
      return (event) => `${JSON.stringify(ocsfEventOf(event, origin))}\n`;
    case 'cloudevents':
      return (event) => `${JSON.stringify(cloudEventOf(event, origin))}\n`;
  }
}

/** What a row is written with. */
interface FormatContext {
  /** What the ledger is called. */
  readonly origin: string;
  readonly tags: ComplianceTags;
  readonly columns: JoinedColumns;
}

function rowWriterOf(format: ExportFormat, { origin, tags, columns }: FormatContext): LineWriter {
  switch (format) {
    case 'jsonl':
      return objectWriterOf(eventMembers(tags), columns);
    case 'csv':
      return (row, out) => writeCsvRecord(row, columns, tags, out);
    case 'ocsf': {
      const ocsf = new OcsfWriter(origin, tags);
      return (row, out) => ocsf.write(row, columns, out);
    }
    case 'cloudevents':
      return objectWriterOf(cloudEventMembers(origin, tags), columns);
  }
}

function objectWriterOf(members: readonly RowMember[], columns: JoinedColumns): LineWriter {
  return (row, out) => {
    writeObject(members, row, columns, out);
    out.putByte(NEWLINE);
  };
}

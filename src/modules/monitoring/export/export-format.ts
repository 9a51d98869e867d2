import type { LedgerAccess } from '../access/index.js';
import { eventOfCopy, type CopiedRow } from './copied-row.js';
import { cloudEventOf } from './formats/cloud-event.js';
import { CSV_HEADER, csvLineOf } from './formats/csv.js';
import { jsonLineOf } from './formats/json-lines.js';
import { ocsfEventOf } from './formats/ocsf.js';

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

/** Writes rows as one format has them, each with the end of its line. */
export type LineWriter = (row: CopiedRow) => string;

/** The writer of a format, for who has this access to the ledger of this origin. */
export function lineWriterOf(format: ExportFormat, access: LedgerAccess, origin: string): LineWriter {
  switch (format) {
    case 'jsonl':
      return (row) => jsonLineOf(row, access);
    case 'csv':
      return (row) => csvLineOf(eventOfCopy(row, access));
    case 'ocsf':
      return (row) => `${JSON.stringify(ocsfEventOf(eventOfCopy(row, access), origin))}\n`;
    case 'cloudevents':
      return (row) => `${JSON.stringify(cloudEventOf(eventOfCopy(row, access), origin))}\n`;
  }
}

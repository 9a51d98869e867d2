import type { LedgerEvent } from '../query/ledger-event.js';
import { cloudEventOf } from './formats/cloud-event.js';
import { CSV_HEADER, csvLineOf } from './formats/csv.js';
import { ocsfEventOf } from './formats/ocsf.js';

/** The formats of an export. */
export const EXPORT_FORMATS = ['jsonl', 'csv', 'ocsf', 'cloudevents'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** The properties of a format as a file. */
export interface FileKind {
  readonly contentType: string;
  /** With its dot. */
  readonly extension: string;
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

/** The mark by which Excel recognises UTF-8. */
const BYTE_ORDER_MARK = '\uFEFF';

/** The text before the first event of a file. */
export function headerOf(format: ExportFormat, withByteOrderMark: boolean): string {
  return `${withByteOrderMark ? BYTE_ORDER_MARK : ''}${FILE_KINDS[format].header}`;
}

/** Writes the line of an event, including its end. */
export type LineWriter = (event: LedgerEvent) => string;

/**
 * The writer of a format.
 *
 * @param origin what the ledger is called
 */
export function lineWriterOf(format: ExportFormat, origin: string): LineWriter {
  switch (format) {
    case 'jsonl':
      return jsonLineOf;
    case 'csv':
      return csvLineOf;
    case 'ocsf':
      return (event) => jsonLineOf(ocsfEventOf(event, origin));
    case 'cloudevents':
      return (event) => jsonLineOf(cloudEventOf(event, origin));
  }
}

function jsonLineOf(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

import type { LedgerEvent } from '../query/ledger-event.js';
import { cloudEventOf } from './formats/cloud-event.js';
import { CSV_HEADER, csvLineOf } from './formats/csv.js';
import { ocsfEventOf } from './formats/ocsf.js';

export const EXPORT_FORMATS = ['jsonl', 'csv', 'ocsf', 'cloudevents'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

interface FileKind {
  readonly contentType: string;
  /** Includes the dot. */
  readonly extension: string;
  /** The text before the first event. */
  readonly header: string;
  /** Returns the line of an event, including the line break. @param origin the name of the ledger */
  readonly lineOf: (event: LedgerEvent, origin: string) => string;
}

const LINES = { contentType: 'application/x-ndjson; charset=utf-8', header: '' };

export const FILE_KINDS: Readonly<Record<ExportFormat, FileKind>> = {
  jsonl: { ...LINES, extension: '.jsonl', lineOf: jsonLineOf },
  csv: {
    ...{ contentType: 'text/csv; charset=utf-8; header=present', extension: '.csv' },
    ...{ header: CSV_HEADER, lineOf: csvLineOf },
  },
  ocsf: { ...LINES, extension: '.ocsf.jsonl', lineOf: (...given) => jsonLineOf(ocsfEventOf(...given)) },
  cloudevents: { ...LINES, extension: '.cloudevents.jsonl', lineOf: (...given) => jsonLineOf(cloudEventOf(...given)) },
};

function jsonLineOf(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

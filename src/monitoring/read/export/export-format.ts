import type { LedgerEvent } from '../query/ledger-event.js';
import { toOcsfEvent } from './formats/ocsf.js';
import { EVENT_FIELDS, type LayoutField } from '../../proof/sealing/event-layout.js';
import { getAcceptedAt } from '../../store/id-time.js';

export const EXPORT_FORMATS = ['jsonl', 'csv', 'ocsf', 'cloudevents'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

interface FileKind {
  readonly contentType: string;
  /** Includes the dot. */
  readonly extension: string;
  /** The text before the first event. */
  readonly header: string;
  /** Returns the line of an event, including the line break. @param origin the name of the ledger */
  readonly formatLine: (event: LedgerEvent, origin: string) => string;
}

const LINES = { contentType: 'application/x-ndjson; charset=utf-8', header: '' };

/** The order of the columns is stable: new columns are appended. */
const COLUMNS: readonly Column[] = [
  ['index', ({ index }) => index],
  ['acceptedAt', getAcceptedAt],
  ['compliance', ({ compliance }) => compliance?.join(' ')],
  ...EVENT_FIELDS.flatMap(listColumns),
];

/** The header line of the CSV format, with its CRLF. */
export const CSV_HEADER = `${COLUMNS.map(([name]) => name).join(',')}\r\n`;

/** Matches a text that begins with an apostrophe, or with a character of OWASP's page "CSV Injection". */
const FORMULA = /^[=+\-@\t\r\n'＝＋－＠]/;

/** Each format has one mapper, of events. A second mapper, of a row's bytes, would be about twice as fast, and could differ. */
export const FILE_KINDS: Readonly<Record<ExportFormat, FileKind>> = {
  jsonl: { ...LINES, extension: '.jsonl', formatLine: formatJsonLine },
  csv: {
    ...{ contentType: 'text/csv; charset=utf-8; header=present', extension: '.csv' },
    ...{ header: CSV_HEADER, formatLine: formatCsvLine },
  },
  ocsf: { ...LINES, extension: '.ocsf.jsonl', formatLine: (...input) => formatJsonLine(toOcsfEvent(...input)) },
  cloudevents: {
    ...LINES,
    extension: '.cloudevents.jsonl',
    formatLine: (...input) => formatJsonLine(toCloudEvent(...input)),
  },
};

function formatJsonLine(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

type Cell = string | number | boolean | object | undefined;

type Column = readonly [string, (event: LedgerEvent) => Cell];

function listColumns({ group, name, ownName, csvMembers }: LayoutField): readonly Column[] {
  const getValue = (event: LedgerEvent): Cell => getMember(group === undefined ? event : getMember(event, group), name);
  if (!csvMembers) return [[ownName, getValue]];
  return csvMembers.map((member): Column => {
    const cell = `${ownName}${member.slice(0, 1).toUpperCase()}${member.slice(1)}`;
    return [cell, (event) => getMember(getValue(event), member)];
  });
}

function getMember(value: Cell, name: string): Cell {
  return (value as Readonly<Record<string, Cell>> | undefined)?.[name]; // an event, or an object in an event
}

/**
 * Writes an event as an RFC 4180 record with its CRLF. Texts are always quoted. A text that a spreadsheet would execute as a formula, or
 * that begins with an apostrophe, is prefixed with an apostrophe. Removing the prefix restores the text.
 */
export function formatCsvLine(event: LedgerEvent): string {
  return `${COLUMNS.map(([, getCell]) => formatCell(getCell(event))).join(',')}\r\n`;
}

function formatCell(cell: Cell): string {
  if (cell === undefined) return '';
  if (typeof cell === 'number' || typeof cell === 'boolean') return String(cell);
  const text = typeof cell === 'string' ? cell : JSON.stringify(cell);
  return `"${FORMULA.test(text) ? "'" : ''}${text.replaceAll('"', '""')}"`;
}

/** A CloudEvents 1.0 event, in the structured JSON format. */
interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: string;
  /** The ledger's origin. */
  readonly source: string;
  /** The reversed host of the origin, followed by the event type: `com.example.user_login_failed`. */
  readonly type: string;
  readonly time: string;
  /** The resource: `order/o-1`. */
  readonly subject?: string;
  readonly datacontenttype: 'application/json';
  /** The index of the event in the log. The CloudEvents attribute `sequence` must be a text. */
  readonly sequence?: string;
  readonly data: LedgerEvent;
}

/**
 * Converts an event to a CloudEvent. Pure.
 *
 * @param origin the name of the ledger, such as `example.com/audit`
 */
export function toCloudEvent(event: LedgerEvent, origin: string): CloudEvent {
  const { id, occurredAt, type, resource, index } = event;
  return {
    specversion: '1.0',
    id,
    source: origin,
    type: `${toTypePrefix(origin)}.${type}`,
    time: occurredAt,
    ...(resource ? { subject: [resource.type, resource.id].filter((part) => part !== undefined).join('/') } : {}),
    datacontenttype: 'application/json',
    ...(index === undefined ? {} : { sequence: String(index) }),
    data: event,
  };
}

function toTypePrefix(origin: string): string {
  const [host = ''] = origin.split('/', 1);
  return host.split('.').toReversed().join('.');
}

import type { LedgerEvent } from '../../query/ledger-event.js';
import type { ComplianceTags } from '../../query/compliance-tags.js';
import type { CopiedRows } from '../copied-rows.js';
import { nthOf } from '../copied-row.js';
import { BACKSLASH, byteOfEscape } from '../copy-bytes.js';
import type { JoinedColumns } from '../joined-columns.js';
import type { LineBuffer } from '../line-buffer.js';

type Cell = string | number | boolean | object | undefined;

/** How a row has a cell: as a column, or as a member of one whose JSON is an object. */
type RowCell = 'text' | 'number' | 'flag' | 'json' | 'member' | 'tags';

/** The columns of the CSV format, in their order, which never changes: new ones come behind. In an event, and in a row. */
const COLUMNS: readonly (readonly [string, (event: LedgerEvent) => Cell, RowCell, string, string?])[] = [
  ['index', ({ index }) => index, 'number', 'index'],
  ['id', ({ id }) => id, 'text', 'id'],
  ['schemaVersion', ({ schemaVersion }) => schemaVersion, 'number', 'schema_version'],
  ['occurredAt', ({ occurredAt }) => occurredAt, 'text', 'occurred_at'],
  ['type', ({ type }) => type, 'text', 'type'],
  ['action', ({ action }) => action, 'text', 'action'],
  ['outcome', ({ outcome }) => outcome, 'text', 'outcome'],
  ['category', ({ category }) => category, 'text', 'category'],
  ['severity', ({ severity }) => severity, 'text', 'severity'],
  ['actorType', ({ actor }) => actor.type, 'text', 'actor_type'],
  ['actorId', ({ actor }) => actor.id, 'text', 'actor_id'],
  ['actorName', ({ actor }) => actor.name, 'text', 'actor_name'],
  ['sessionId', ({ actor }) => actor.sessionId, 'text', 'session_id'],
  ['onBehalfOfType', ({ actor }) => actor.onBehalfOf?.type, 'member', 'on_behalf_of', 'type'],
  ['onBehalfOfId', ({ actor }) => actor.onBehalfOf?.id, 'member', 'on_behalf_of', 'id'],
  ['tenantId', ({ tenantId }) => tenantId, 'text', 'tenant_id'],
  ['resourceType', ({ resource }) => resource?.type, 'text', 'resource_type'],
  ['resourceId', ({ resource }) => resource?.id, 'text', 'resource_id'],
  ['requestId', ({ request }) => request?.id, 'text', 'request_id'],
  ['ip', ({ request }) => request?.ip, 'text', 'ip'],
  ['userAgent', ({ request }) => request?.userAgent, 'text', 'user_agent'],
  ['method', ({ request }) => request?.method, 'text', 'method'],
  ['route', ({ request }) => request?.route, 'text', 'route'],
  ['statusCode', ({ request }) => request?.statusCode, 'number', 'status_code'],
  ['durationMs', ({ request }) => request?.durationMs, 'number', 'duration_ms'],
  ['traceId', ({ request }) => request?.traceId, 'text', 'trace_id'],
  ['reason', ({ reason }) => reason, 'text', 'reason'],
  ['errorName', ({ error }) => error?.name, 'member', 'error', 'name'],
  ['errorCode', ({ error }) => error?.code, 'member', 'error', 'code'],
  ['errorMessage', ({ error }) => error?.message, 'member', 'error', 'message'],
  ['details', ({ details }) => details, 'json', 'details'],
  ['changes', ({ changes }) => changes, 'json', 'changes'],
  ['metadata', ({ metadata }) => metadata, 'json', 'metadata'],
  ['detailsIssues', ({ detailsIssues }) => detailsIssues, 'json', 'details_issues'],
  ['truncated', ({ truncated }) => truncated, 'flag', 'truncated'],
  ['compliance', ({ compliance }) => compliance?.join(' '), 'tags', 'action'],
];

/** The first line. */
export const CSV_HEADER = `${COLUMNS.map(([name]) => name).join(',')}\r\n`;

/**
 * An event as a record of RFC 4180, with its CRLF. A text is always in quotation marks; one that a spreadsheet would take for a
 * formula has an apostrophe in front, and so has one that begins with an apostrophe: who takes one away has the text again.
 */
export function csvLineOf(event: LedgerEvent): string {
  return `${COLUMNS.map(([, cellOf]) => cellText(cellOf(event))).join(',')}\r\n`;
}

/** The characters of OWASP's "CSV Injection", and the apostrophe itself. */
const FORMULA = /^[=+\-@\t\r\n'＝＋－＠]/;

function cellText(cell: Cell): string {
  if (cell === undefined) return '';
  if (typeof cell === 'number' || typeof cell === 'boolean') return String(cell);
  const text = typeof cell === 'string' ? cell : JSON.stringify(cell);
  return `"${FORMULA.test(text) ? "'" : ''}${text.replaceAll('"', '""')}"`;
}

const ROW_CELLS = COLUMNS.map(([, , kind, column, name = '']) => ({ kind, nth: nthOf(column), name }));
const [LETTER_T] = Buffer.from('t');
const COMMA = Buffer.from(',');
const QUOTE = Buffer.from('"');
const APOSTROPHE = Buffer.from("'");
const TRUE = Buffer.from('true');
const END_OF_LINE = Buffer.from('\r\n');

/** Puts the record of a row, as {@link csvLineOf} makes it of an event. */
export function writeCsvRecord(row: CopiedRows, columns: JoinedColumns, tags: ComplianceTags, out: LineBuffer): void {
  for (const [at, { kind, nth, name }] of ROW_CELLS.entries()) {
    if (at > 0) out.put(COMMA);
    if (!row.has(nth)) continue;
    switch (kind) {
      case 'number':
        out.putField(row.bytes, row.startOf(nth), row.endOf(nth));
        break;
      case 'flag':
        if (row.bytes[row.startOf(nth)] === LETTER_T) out.put(TRUE);
        break;
      case 'text':
        putQuoted(row.bytes, row.startOf(nth), row.endOf(nth), true, out);
        break;
      case 'json': {
        const json = columns.jsonOf(row, nth);
        putQuoted(json, 0, json.length, false, out);
        break;
      }
      case 'member': {
        const fields = columns.read(row, nth) as Readonly<Record<string, string>>; // both columns hold an object of texts
        out.putText(cellText(fields[name]));
        break;
      }
      case 'tags':
        out.putText(cellText(tags.get(row.textOf(nth) ?? '')?.join(' ')));
    }
  }
  out.put(END_OF_LINE);
}

/** @param isField whether the text is a field of COPY, escaped */
function putQuoted(source: Buffer, from: number, to: number, isField: boolean, out: LineBuffer): void {
  out.put(QUOTE);
  if (from < to && beginsFormula(source, from, to, isField)) out.put(APOSTROPHE);
  out.putDoubled(source, from, to, isField);
  out.put(QUOTE);
}

/** The first bytes of the characters of {@link FORMULA}, and of an escape. */
const SUSPECT = Uint8Array.from({ length: 256 }, (_, byte) => Number(Buffer.from("=+-@\t\r\n'＝\\").includes(byte)));

function beginsFormula(source: Buffer, from: number, to: number, isField: boolean): boolean {
  const first = source[from] ?? 0;
  if (SUSPECT[first] === 0) return false;
  const isEscape = first === BACKSLASH && isField;
  const begin = isEscape
    ? String.fromCharCode(byteOfEscape(source[from + 1] ?? 0))
    : source.toString('utf8', from, Math.min(from + 3, to)); // the full-width forms have three bytes
  return FORMULA.test(begin);
}

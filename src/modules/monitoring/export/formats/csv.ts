import type { LedgerEvent } from '../../query/audit-query.service.js';

type Cell = string | number | boolean | object | undefined;

/** The columns of the CSV format, in their order, which never changes: new ones come behind. */
const COLUMNS: readonly (readonly [string, (event: LedgerEvent) => Cell])[] = [
  ['index', ({ index }) => index],
  ['id', ({ id }) => id],
  ['schemaVersion', ({ schemaVersion }) => schemaVersion],
  ['occurredAt', ({ occurredAt }) => occurredAt],
  ['type', ({ type }) => type],
  ['action', ({ action }) => action],
  ['outcome', ({ outcome }) => outcome],
  ['category', ({ category }) => category],
  ['severity', ({ severity }) => severity],
  ['actorType', ({ actor }) => actor.type],
  ['actorId', ({ actor }) => actor.id],
  ['actorName', ({ actor }) => actor.name],
  ['sessionId', ({ actor }) => actor.sessionId],
  ['onBehalfOfType', ({ actor }) => actor.onBehalfOf?.type],
  ['onBehalfOfId', ({ actor }) => actor.onBehalfOf?.id],
  ['tenantId', ({ tenantId }) => tenantId],
  ['resourceType', ({ resource }) => resource?.type],
  ['resourceId', ({ resource }) => resource?.id],
  ['requestId', ({ request }) => request?.id],
  ['ip', ({ request }) => request?.ip],
  ['userAgent', ({ request }) => request?.userAgent],
  ['method', ({ request }) => request?.method],
  ['route', ({ request }) => request?.route],
  ['statusCode', ({ request }) => request?.statusCode],
  ['durationMs', ({ request }) => request?.durationMs],
  ['traceId', ({ request }) => request?.traceId],
  ['reason', ({ reason }) => reason],
  ['errorName', ({ error }) => error?.name],
  ['errorCode', ({ error }) => error?.code],
  ['errorMessage', ({ error }) => error?.message],
  ['details', ({ details }) => details],
  ['changes', ({ changes }) => changes],
  ['metadata', ({ metadata }) => metadata],
  ['detailsIssues', ({ detailsIssues }) => detailsIssues],
  ['truncated', ({ truncated }) => truncated],
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

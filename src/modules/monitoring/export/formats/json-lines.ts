import type { LedgerAccess } from '../../access/index.js';
import { joinPersonal, PersonalPartError, type PersonalPart } from '../../integrity/sealing/index.js';
import { COPIED_COLUMNS, eventOfCopy, type CopiedRow } from '../copied-row.js';

type Value = string | null | undefined;

const PERSONAL = COPIED_COLUMNS.indexOf('personal');

/** The columns that a personal part belongs into, by their names in the event. */
const JOINED = new Map(['changes', 'error', 'details', 'metadata'].map((name) => [name, COPIED_COLUMNS.indexOf(name)]));

/**
 * The event of a row as a line of JSON, as the API shows it. The line is made of the columns' texts, and only where something
 * personal has to be put back is one read: to read them all is most of the time of an export.
 */
export function jsonLineOf(row: CopiedRow, access: LedgerAccess): string {
  const joined = access.scope === 'subject' ? undefined : withPersonal(row);
  return `${joined ? textOf(joined) : JSON.stringify(eventOfCopy(row, access))}\n`;
}

/** The row with its personal part back in its columns; `undefined` when that is not of this row. */
function withPersonal(row: CopiedRow): CopiedRow | undefined {
  const text = row[PERSONAL] ?? null;
  if (text === null) return row;
  const personal = JSON.parse(text) as PersonalPart; // what its writer put there
  const facts: Record<string, unknown> = {};
  for (const pointer in personal) {
    const name = pointer.slice(1, pointer.indexOf('/', 1));
    const own = row[JOINED.get(name) ?? -1];
    if (own === null || own === undefined) return undefined;
    facts[name] ??= JSON.parse(own);
  }
  try {
    // All that the pointers lead into.
    const event = joinPersonal(facts as unknown as Parameters<typeof joinPersonal>[0], personal);
    const joined = [...row];
    for (const name in facts) joined[JOINED.get(name) ?? -1] = JSON.stringify(Reflect.get(event, name));
    return joined;
  } catch (error) {
    if (error instanceof PersonalPartError) return undefined;
    throw error;
  }
}

function textOf(row: CopiedRow): string {
  // In the order of COPIED_COLUMNS.
  const [
    index,
    id,
    schemaVersion,
    occurredAt,
    type,
    action,
    outcome,
    category,
    severity,
    actorType,
    actorId,
    actorName,
    sessionId,
    onBehalfOf,
    tenantId,
    resourceType,
    resourceId,
    requestId,
    ip,
    userAgent,
    method,
    route,
    statusCode,
    durationMs,
    traceId,
    changes,
    reason,
    error,
    details,
    detailsIssues,
    metadata,
    truncated,
  ] = row;
  const resource = text('type', resourceType) + text('id', resourceId);
  const request =
    text('id', requestId) +
    text('method', method) +
    text('route', route) +
    json('statusCode', statusCode) +
    json('durationMs', durationMs) +
    text('traceId', traceId) +
    text('ip', ip) +
    text('userAgent', userAgent);
  return (
    `{"id":"${id}","schemaVersion":${schemaVersion},"occurredAt":"${occurredAt}"` +
    text('type', type) +
    text('action', action) +
    text('outcome', outcome) +
    text('category', category) +
    text('severity', severity) +
    `,"actor":{"type":"${actorType}"` +
    text('id', actorId) +
    text('name', actorName) +
    text('sessionId', sessionId) +
    json('onBehalfOf', onBehalfOf) +
    '}' +
    text('tenantId', tenantId) +
    group('resource', resource) +
    group('request', request) +
    json('changes', changes) +
    text('reason', reason) +
    json('error', error) +
    json('details', details) +
    json('detailsIssues', detailsIssues) +
    json('metadata', metadata) +
    (truncated === 't' ? ',"truncated":true' : '') +
    `,"index":${index}}`
  );
}

/** What JSON has to escape in a text; all else may stand there as it is. */
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const ESCAPED = /["\\\0-\x1f]/;

function text(name: string, value: Value): string {
  if (value === null || value === undefined) return '';
  return `,"${name}":${ESCAPED.test(value) ? JSON.stringify(value) : `"${value}"`}`;
}

/** Of a column whose text is JSON: jsonb, and numbers. */
function json(name: string, value: Value): string {
  return value === null || value === undefined ? '' : `,"${name}":${value}`;
}

/** The object of members that each begin with a comma; nothing where there are none. */
function group(name: string, members: string): string {
  return members === '' ? '' : `,"${name}":{${members.slice(1)}}`;
}

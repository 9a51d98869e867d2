import { nthOf } from '../copied-row.js';
import type { CopiedRows } from '../copied-rows.js';
import { NEWLINE } from '../copy-bytes.js';
import type { JoinedColumns } from '../joined-columns.js';
import type { LineBuffer } from '../line-buffer.js';
import {
  HTTP_METHODS,
  metadataOfAll,
  NOWHERE,
  privilegesOf,
  SEVERITY_IDS,
  STATUS_IDS,
  STATUSES,
  subjectOf,
  TABLE,
  USER_TYPE_IDS,
  type OcsfSubject,
} from './ocsf.js';
import { OCSF_CLASSES, ocsfKindOf, OTHER, type OcsfKind } from './ocsf-class.js';
import {
  choice,
  fixed,
  flag,
  group,
  json,
  list,
  made,
  text,
  without,
  writeObject,
  type RowMember,
} from './row-json.js';

/** Actions that are remembered: applications may have as many of their own as they like. */
const MOST_ACTIONS = 1_000;

/** Puts rows as lines of OCSF, as `ocsfEventOf` makes them of events. */
export class OcsfWriter {
  private readonly byAction = new Map<string, readonly RowMember[]>();

  constructor(private readonly origin: string) {}

  write(row: CopiedRows, columns: JoinedColumns, out: LineBuffer): void {
    writeObject(this.membersOf(row.textOf(ACTION) ?? '', row.textOf(CATEGORY) ?? ''), row, columns, out);
    out.putByte(NEWLINE);
  }

  private membersOf(action: string, category: string): readonly RowMember[] {
    const key = `${action}\0${category}`;
    const known = this.byAction.get(key);
    if (known) return known;
    if (this.byAction.size >= MOST_ACTIONS) this.byAction.clear();
    const members = ocsfMembers(ocsfKindOf({ action, category }), this.origin);
    this.byAction.set(key, members);
    return members;
  }
}

/** The members of the OCSF event of a row that is of this kind. */
function ocsfMembers(kind: OcsfKind, origin: string): readonly RowMember[] {
  const { classUid, activityId } = kind;
  return [
    fixed('activity_id', activityId),
    ...(activityId === OTHER ? [text('activity_name', 'action')] : []),
    fixed('category_uid', Math.floor(classUid / 1_000)),
    fixed('class_uid', classUid),
    fixed('type_uid', classUid * 100 + activityId),
    choice('severity_id', 'severity', SEVERITY_IDS),
    choice('status_id', 'outcome', STATUS_IDS),
    choice('status', 'outcome', STATUSES),
    text('status_detail', 'reason'),
    made('status_code', codeOfError),
    made('time', (row) => Date.parse(row.textOf(OCCURRED_AT) ?? '')),
    text('message', 'type'),
    group('metadata', [
      ...Object.entries(metadataOfAll(origin)).map(([name, value]) => fixed(name, value)),
      text('uid', 'id'),
      text('event_code', 'type'),
      text('log_version', 'schema_version'),
      text('original_time', 'occurred_at'),
      json('sequence', 'index'),
      text('tenant_uid', 'tenant_id'),
      text('correlation_uid', 'request_id'),
      flag('is_truncated', 'truncated'),
    ]),
    group('actor', [
      group('user', [
        text('uid', 'actor_id'),
        text('name', 'actor_name'),
        without(['actor_id', 'actor_name'], text('name', 'actor_type')),
        choice('type_id', 'actor_type', USER_TYPE_IDS),
      ]),
      group('session', [text('uid', 'session_id')]),
    ]),
    group('http_request', [
      text('uid', 'request_id'),
      choice('http_method', 'method', HTTP_METHODS),
      made('url', pathOf),
      text('user_agent', 'user_agent'),
    ]),
    group('http_response', [json('code', 'status_code')]),
    group('src_endpoint', [text('ip', 'ip')]),
    ...membersOfClass(classUid, origin),
    UNMAPPED,
  ];
}

const ACTION = nthOf('action');
const CATEGORY = nthOf('category');
const OCCURRED_AT = nthOf('occurred_at');
const ROUTE = nthOf('route');
const ERROR = nthOf('error');
const DETAILS = nthOf('details');
const ENTITY = [text('type', 'resource_type'), text('uid', 'resource_id'), text('name', 'resource_type')];
const RESOURCE = ['resource_type', 'resource_id'];

/** What the class asks for beyond the attributes of all. */
function membersOfClass(classUid: OcsfKind['classUid'], origin: string): readonly RowMember[] {
  const user = made('user', (row, columns) => subjectOf(subjectOfRow(row, columns)));
  const privileges = made('privileges', (row, columns) => privilegesOf(subjectOfRow(row, columns)));
  const service = fixed('service', { name: origin });
  const nowhere = without(['ip'], fixed('src_endpoint', NOWHERE));
  switch (classUid) {
    case OCSF_CLASSES.accountChange:
      return [user];
    case OCSF_CLASSES.authentication:
      return [user, service];
    case OCSF_CLASSES.authorizeSession:
      return [user, privileges];
    case OCSF_CLASSES.userAccess:
      return [user, privileges, list('resources', ENTITY)];
    case OCSF_CLASSES.entityManagement:
      return [group('entity', ENTITY), without(RESOURCE, group('entity', [text('name', 'action')]))];
    case OCSF_CLASSES.apiActivity:
      return [group('api', [text('operation', 'action'), service]), list('resources', ENTITY), nowhere];
    case OCSF_CLASSES.datastoreActivity: {
      const name = [text('name', 'resource_type'), without(['resource_type'], text('name', 'action'))];
      return [group('table', [...name, text('uid', 'resource_id')]), fixed('type_id', TABLE), nowhere];
    }
  }
}

/** What of a row has no place of its own in OCSF. */
const UNMAPPED = group('unmapped', [
  text('action', 'action'),
  text('outcome', 'outcome'),
  text('category', 'category'),
  text('severity', 'severity'),
  text('actorType', 'actor_type'),
  json('onBehalfOf', 'on_behalf_of'),
  group('resource', [text('type', 'resource_type'), text('id', 'resource_id')]),
  text('method', 'method'),
  json('durationMs', 'duration_ms'),
  text('traceId', 'trace_id'),
  json('changes', 'changes'),
  text('reason', 'reason'),
  json('error', 'error'),
  json('details', 'details'),
  json('detailsIssues', 'details_issues'),
  json('metadata', 'metadata'),
]);

function codeOfError(row: CopiedRows, columns: JoinedColumns): unknown {
  if (!row.has(ERROR)) return undefined;
  const { code } = columns.read(row, ERROR) as { readonly code?: string }; // as its writer put it there
  return code;
}

function pathOf(row: CopiedRows): unknown {
  const route = row.textOf(ROUTE) ?? '';
  return route === '' ? undefined : { path: route };
}

const SUBJECT = {
  type: 'type',
  resourceType: 'resource_type',
  resourceId: 'resource_id',
  id: 'actor_id',
  name: 'actor_name',
};
const SUBJECT_COLUMNS = Object.entries(SUBJECT).map(([name, column]) => ({ name, nth: nthOf(column) }));

function subjectOfRow(row: CopiedRows, columns: JoinedColumns): OcsfSubject {
  const texts: Partial<Record<string, string>> = {};
  for (const { name, nth } of SUBJECT_COLUMNS) if (row.has(nth)) texts[name] = row.textOf(nth) ?? '';
  const { type, resourceType, resourceId, id, name } = texts;
  const resource = { type: resourceType, id: resourceId };
  const details = row.has(DETAILS) ? columns.read(row, DETAILS) : {};
  return { type, resource, actor: { id, name }, details } as OcsfSubject; // the table's constraints and its one writer keep it of this shape
}

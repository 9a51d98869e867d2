import type { AuditActorType, JsonObject } from '../../../../audit/plain.js';
import { nthOf } from '../copied-row.js';
import type { ComplianceTags } from '../../query/compliance-tags.js';
import type { CopiedRows } from '../copied-rows.js';
import { NEWLINE } from '../copy-bytes.js';
import type { JoinedColumns } from '../joined-columns.js';
import type { LineBuffer } from '../line-buffer.js';
import { complianceMember } from './json-lines.js';
import { takesRequest } from './ocsf.js';
import {
  activityAttributes,
  HTTP_METHODS,
  metadataOfAll,
  NOWHERE,
  outcomeAttributes,
  pathOf,
  profilesOf,
  SEVERITY_IDS,
  TABLE,
  USER_TYPE_IDS,
} from './ocsf-attributes.js';
import { OCSF_CLASSES, ocsfKindOf, type OcsfKind } from './ocsf-class.js';
import { detailAttributesOf, isByDetails, kindByDetails, readsDetails } from './ocsf-details.js';
import type { OcsfSource, OcsfSourceActor, OcsfSourceResource } from './ocsf-source.js';
import {
  choice,
  choices,
  fixed,
  fixedAll,
  flag,
  group,
  json,
  list,
  made,
  madeAll,
  text,
  without,
  writeObject,
  type RowMember,
} from './row-json.js';

/** Actions that are remembered: applications may have as many of their own as they like. */
const MOST_ACTIONS = 1_000;
const MOST_CATEGORIES = 100;

/** Puts rows as lines of OCSF, as `ocsfEventOf` makes them of events. */
export class OcsfWriter {
  private readonly byCategory = new Map<string, Map<string, readonly RowMember[]>>();

  constructor(
    private readonly origin: string,
    private readonly tags: ComplianceTags,
  ) {}

  write(row: CopiedRows, columns: JoinedColumns, out: LineBuffer): void {
    writeObject(this.membersOf(row.textOf(ACTION) ?? '', row.textOf(CATEGORY) ?? ''), row, columns, out);
    out.putByte(NEWLINE);
  }

  private membersOf(action: string, category: string): readonly RowMember[] {
    const byAction = this.byCategory.get(category) ?? new Map<string, readonly RowMember[]>();
    const known = byAction.get(action);
    if (known) return known;
    if (byAction.size >= MOST_ACTIONS || this.byCategory.size >= MOST_CATEGORIES) this.byCategory.clear();
    const members = ocsfMembers(ocsfKindOf({ action, category }), action, this.origin, this.tags);
    this.byCategory.set(category, byAction.set(action, members));
    return members;
  }
}

/** The members of the OCSF event of a row that is of this kind and action. */
function ocsfMembers(kind: OcsfKind, action: string, origin: string, tags: ComplianceTags): readonly RowMember[] {
  return [
    isByDetails(action)
      ? madeAll((row, columns) => activityAttributes(kindByDetails(kind, new RowSource(row, columns, action)), action))
      : fixedAll(activityAttributes(kind, action)),
    choice('severity_id', 'severity', SEVERITY_IDS),
    choices('outcome', outcomeAttributes(action)),
    text('status_detail', 'reason'),
    made('status_code', codeOfError),
    made('time', (row) => Date.parse(row.textOf(OCCURRED_AT) ?? '')),
    fixed('timezone_offset', 0),
    text('message', 'type'),
    group('metadata', [
      fixedAll(metadataOfAll(origin)),
      ...profileMembers(kind, action),
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
    ...(takesRequest(kind) ? REQUEST : []),
    ...membersOfClass(kind, origin),
    ...(readsDetails(kind, action)
      ? [madeAll((row, columns) => detailAttributesOf(kind, new RowSource(row, columns, action), origin))]
      : []),
    group('unmapped', [...UNMAPPED, complianceMember(tags), ...(takesRequest(kind) ? [] : UNPLACED)]),
  ];
}

/** The profiles, of which most kinds have one with one outcome. */
function profileMembers(kind: OcsfKind, action: string): readonly RowMember[] {
  const profiles = Object.entries(profilesOf(kind, action)).map(([outcome, each]) => [outcome, { profiles: each }]);
  return [choices('outcome', Object.fromEntries(profiles) as Readonly<Record<string, object>>)];
}

const ACTION = nthOf('action');
const CATEGORY = nthOf('category');
const OCCURRED_AT = nthOf('occurred_at');
const ROUTE = nthOf('route');
const ERROR = nthOf('error');
const DETAILS = nthOf('details');
const ENTITY = [text('type', 'resource_type'), text('uid', 'resource_id'), text('name', 'resource_type')];
const RESOURCE = ['resource_type', 'resource_id'];

/** What the request says, of the classes that have a place for it. */
const REQUEST = [
  group('http_request', [
    text('uid', 'request_id'),
    choice('http_method', 'method', HTTP_METHODS),
    made('url', urlOf),
    text('user_agent', 'user_agent'),
  ]),
  group('http_response', [json('code', 'status_code')]),
  group('src_endpoint', [text('ip', 'ip')]),
];

/** What the class asks for beyond the attributes of all, and the details do not decide. */
function membersOfClass({ classUid }: OcsfKind, origin: string): readonly RowMember[] {
  const service = { name: origin };
  const nowhere = without(['ip'], fixed('src_endpoint', NOWHERE));
  switch (classUid) {
    case OCSF_CLASSES.authentication:
      return [fixed('service', service)];
    case OCSF_CLASSES.entityManagement:
      return [group('entity', ENTITY), without(RESOURCE, group('entity', [text('name', 'action')]))];
    case OCSF_CLASSES.apiActivity:
      return [
        group('api', [text('operation', 'action'), fixed('service', service)]),
        list('resources', ENTITY),
        nowhere,
      ];
    case OCSF_CLASSES.datastoreActivity: {
      const name = [text('name', 'resource_type'), without(['resource_type'], text('name', 'action'))];
      return [group('table', [...name, text('uid', 'resource_id')]), fixed('type_id', TABLE), nowhere];
    }
    case OCSF_CLASSES.fileHosting:
      return [nowhere];
    default:
      return [];
  }
}

/** What of a row OCSF lacks a place for. */
const UNMAPPED = [
  text('action', 'action'),
  text('outcome', 'outcome'),
  text('category', 'category'),
  text('severity', 'severity'),
  text('actorType', 'actor_type'),
  json('onBehalfOf', 'on_behalf_of'),
  group('resource', [text('type', 'resource_type'), text('id', 'resource_id')]),
  text('method', 'method'),
  text('route', 'route'),
  json('durationMs', 'duration_ms'),
  text('traceId', 'trace_id'),
  json('changes', 'changes'),
  text('reason', 'reason'),
  json('error', 'error'),
  json('details', 'details'),
  json('detailsIssues', 'details_issues'),
  json('metadata', 'metadata'),
];

/** What {@link REQUEST} has a place for. */
const UNPLACED = [text('ip', 'ip'), text('userAgent', 'user_agent'), json('statusCode', 'status_code')];

function codeOfError(row: CopiedRows, columns: JoinedColumns): unknown {
  if (!row.has(ERROR)) return undefined;
  const { code } = columns.read(row, ERROR) as { readonly code?: string }; // as its writer put it there
  return code;
}

function urlOf(row: CopiedRows): unknown {
  const path = row.has(ROUTE) ? pathOf(row.textOf(ROUTE) ?? '') : undefined;
  return path === undefined ? undefined : { path };
}

const RESOURCE_TYPE = nthOf('resource_type');
const RESOURCE_ID = nthOf('resource_id');
const ACTOR_TYPE = nthOf('actor_type');
const ACTOR_ID = nthOf('actor_id');
const ACTOR_NAME = nthOf('actor_name');
const SESSION_ID = nthOf('session_id');

/** A row as the details' reader takes an event; each text is made when it is asked for. */
class RowSource implements OcsfSource {
  readonly details: JsonObject;
  readonly actor: OcsfSourceActor;

  constructor(
    private readonly row: CopiedRows,
    columns: JoinedColumns,
    readonly action: string,
  ) {
    // The table's constraints and its one writer keep it an object.
    this.details = row.has(DETAILS) ? (columns.read(row, DETAILS) as JsonObject) : {};
    this.actor = new RowActor(row);
  }

  get resource(): OcsfSourceResource | undefined {
    const type = this.row.textOf(RESOURCE_TYPE) ?? undefined;
    const id = this.row.textOf(RESOURCE_ID) ?? undefined;
    return type === undefined && id === undefined ? undefined : { type, id };
  }
}

class RowActor implements OcsfSourceActor {
  constructor(private readonly row: CopiedRows) {}

  get type(): AuditActorType {
    return this.row.textOf(ACTOR_TYPE) as AuditActorType; // by the table's constraint
  }

  get id(): string | undefined {
    return this.row.textOf(ACTOR_ID) ?? undefined;
  }

  get name(): string | undefined {
    return this.row.textOf(ACTOR_NAME) ?? undefined;
  }

  get sessionId(): string | undefined {
    return this.row.textOf(SESSION_ID) ?? undefined;
  }
}

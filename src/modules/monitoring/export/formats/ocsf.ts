import type { AuditActor, AuditActorType, AuditOutcome, AuditSeverity, JsonObject } from '../../../../audit/index.js';
import type { LedgerEvent } from '../../query/ledger-event.js';
import { OCSF_CLASSES, ocsfKindOf, type OcsfKind } from './ocsf-class.js';

/** The version of OCSF that {@link ocsfEventOf} speaks. */
export const OCSF_VERSION = '1.8.0';

/** The version of the mapping itself: it grows when an event is mapped otherwise than before. */
export const OCSF_MAPPING_VERSION = '2';

/** An event of OCSF, with what every one of its classes requires. */
export interface OcsfEvent {
  readonly class_uid: number;
  readonly category_uid: number;
  readonly activity_id: number;
  readonly type_uid: number;
  readonly severity_id: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** What of the event has no place of its own in OCSF, under its own names. */
  readonly unmapped: Readonly<Record<string, unknown>>;
  readonly [attribute: string]: unknown;
}

/** By severity. */
export const SEVERITY_IDS: Readonly<Record<AuditSeverity, number>> = { info: 1, warning: 3, error: 4, critical: 5 };
/** By outcome. */
export const STATUS_IDS: Readonly<Record<AuditOutcome, number>> = {
  attempted: 99,
  success: 1,
  failure: 2,
  denied: 2,
  partial: 99,
};
/** By outcome: the caption of its id; of 99, Other, the outcome itself, as the schema wants it. */
export const STATUSES: Readonly<Record<AuditOutcome, string>> = {
  attempted: 'attempted',
  success: 'Success',
  failure: 'Failure',
  denied: 'Failure',
  partial: 'partial',
};
/** By type of actor. */
export const USER_TYPE_IDS: Readonly<Record<AuditActorType, number>> = {
  user: 1,
  admin: 2,
  system: 3,
  service: 4,
  anonymous: 0,
};
/** The type of what {@link OCSF_CLASSES.datastoreActivity} is about. */
export const TABLE = 3;

/** Those that OCSF knows. */
export const HTTP_METHODS: Readonly<Record<string, string>> = Object.fromEntries(
  'CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT TRACE'.split(' ').map((method) => [method, method]),
);

/** What the class requires, and no address is known of. */
export const NOWHERE = { name: 'unknown' };

/**
 * The OCSF event of an event. Pure.
 *
 * @param origin what the ledger is called
 */
export function ocsfEventOf(event: LedgerEvent, origin: string): OcsfEvent {
  const kind = ocsfKindOf(event);
  const { classUid, activityId } = kind;
  const { type, outcome, severity, reason, error, request } = event;
  return {
    activity_id: activityId,
    ...(activityId === 99 ? { activity_name: event.action } : {}),
    category_uid: Math.floor(classUid / 1_000),
    class_uid: classUid,
    type_uid: classUid * 100 + activityId,
    severity_id: SEVERITY_IDS[severity],
    status_id: STATUS_IDS[outcome],
    status: STATUSES[outcome],
    ...given({ status_detail: reason, status_code: error?.code }),
    time: Date.parse(event.occurredAt),
    message: type,
    metadata: metadataOf(event, origin),
    actor: actorOf(event.actor),
    ...given({ http_request: httpRequestOf(event) }),
    ...(request?.statusCode === undefined ? {} : { http_response: { code: request.statusCode } }),
    ...(request?.ip === undefined ? {} : { src_endpoint: { ip: request.ip } }),
    ...ofClass(event, kind, origin),
    unmapped: unmappedOf(event),
  };
}

function metadataOf(event: LedgerEvent, origin: string): OcsfEvent['metadata'] {
  return {
    ...metadataOfAll(origin),
    uid: event.id,
    event_code: event.type,
    log_version: String(event.schemaVersion),
    original_time: event.occurredAt,
    ...given({
      sequence: event.index,
      tenant_uid: event.tenantId,
      correlation_uid: event.request?.id,
      is_truncated: event.truncated,
    }),
  };
}

/** What the metadata of every event says. */
export function metadataOfAll(origin: string): OcsfEvent['metadata'] {
  return {
    version: OCSF_VERSION,
    product: { name: 'nestjs-audit-ledger' },
    log_name: origin,
    transformation_info_list: [{ name: 'nestjs-audit-ledger to OCSF', uid: OCSF_MAPPING_VERSION }],
  };
}

function actorOf({ type, id, name, sessionId }: AuditActor): Readonly<Record<string, unknown>> {
  const known = id === undefined && name === undefined ? { name: type } : given({ uid: id, name });
  return {
    user: { ...known, type_id: USER_TYPE_IDS[type] },
    ...(sessionId === undefined ? {} : { session: { uid: sessionId } }),
  };
}

function httpRequestOf({ request }: LedgerEvent): Readonly<Record<string, unknown>> | undefined {
  const { id, method, route, userAgent } = request ?? {};
  const known = given({
    uid: id,
    http_method: method !== undefined && Object.hasOwn(HTTP_METHODS, method) ? method : undefined,
    url: route === undefined || route === '' ? undefined : { path: route },
    user_agent: userAgent,
  });
  return Object.keys(known).length > 0 ? known : undefined;
}

/** What the class asks for beyond the attributes of all. */
function ofClass(event: LedgerEvent, { classUid }: OcsfKind, origin: string): Readonly<Record<string, unknown>> {
  const { action, resource, request } = event;
  const endpoint = { src_endpoint: request?.ip === undefined ? NOWHERE : { ip: request.ip } };
  switch (classUid) {
    case OCSF_CLASSES.accountChange:
      return { user: subjectOf(event) };
    case OCSF_CLASSES.authentication:
      return { user: subjectOf(event), service: { name: origin } };
    case OCSF_CLASSES.authorizeSession:
      return { user: subjectOf(event), privileges: privilegesOf(event) };
    case OCSF_CLASSES.userAccess:
      return { user: subjectOf(event), privileges: privilegesOf(event), ...given({ resources: resourcesOf(event) }) };
    case OCSF_CLASSES.entityManagement:
      return {
        entity: resource ? given({ type: resource.type, uid: resource.id, name: resource.type }) : { name: action },
      };
    case OCSF_CLASSES.apiActivity:
      return {
        api: { operation: action, service: { name: origin } },
        ...given({ resources: resourcesOf(event) }),
        ...endpoint,
      };
    case OCSF_CLASSES.datastoreActivity:
      return { table: given({ name: resource?.type ?? action, uid: resource?.id }), type_id: TABLE, ...endpoint };
  }
}

/** What of an event says on whom, and with what privileges. */
export type OcsfSubject = Pick<LedgerEvent, 'type' | 'resource' | 'actor' | 'details'>;

/** The user that something was done to, or who did it to themselves. */
export function subjectOf({ resource, actor, details }: OcsfSubject): Readonly<Record<string, unknown>> {
  if (resource?.type === 'user' && resource.id !== undefined) return { uid: resource.id };
  const id = textAt(details, 'userId', 'targetUserId') ?? actor.id;
  const name = textAt(details, 'username', 'email') ?? actor.name;
  return id === undefined && name === undefined ? { name: 'unknown' } : given({ uid: id, name });
}

/** What was granted, taken or required; the event's type where it does not say. */
export function privilegesOf({ details, type }: OcsfSubject): readonly string[] {
  const { permissions, roles } = details;
  const several = [permissions, roles].find(isTexts);
  if (several && several.length > 0) return several;
  return [textAt(details, 'permission', 'role', 'roleName', 'newRole', 'requiredPermission') ?? type];
}

function resourcesOf({ resource }: LedgerEvent): readonly object[] | undefined {
  return resource && [given({ type: resource.type, uid: resource.id, name: resource.type })];
}

function unmappedOf({ action, outcome, category, severity, ...event }: LedgerEvent): OcsfEvent['unmapped'] {
  const { actor, resource, request, changes, reason, error, details, detailsIssues, metadata } = event;
  return given({
    action,
    outcome,
    category,
    severity,
    actorType: actor.type,
    onBehalfOf: actor.onBehalfOf,
    resource,
    method: request?.method,
    durationMs: request?.durationMs,
    traceId: request?.traceId,
    changes,
    reason,
    error,
    details,
    detailsIssues,
    metadata,
  });
}

function textAt(details: JsonObject, ...names: readonly string[]): string | undefined {
  const found = names.map((name) => details[name]).find((value) => typeof value === 'string' && value !== '');
  return typeof found === 'string' ? found : undefined;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

/** The members that have a value. */
function given(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

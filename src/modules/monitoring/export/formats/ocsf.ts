import type { AuditActor } from '../../../../audit/plain.js';
import type { LedgerEvent } from '../../query/ledger-event.js';
import {
  activityAttributes,
  given,
  HTTP_METHODS,
  metadataOfAll,
  NOWHERE,
  outcomeAttributes,
  pathOf,
  profilesOf,
  SEVERITY_IDS,
  TABLE,
  USER_TYPE_IDS,
  type OcsfActivity,
} from './ocsf-attributes.js';
import { OCSF_CLASSES, ocsfKindOf, type OcsfKind } from './ocsf-class.js';
import { detailAttributesOf, kindByDetails, resourceOf } from './ocsf-details.js';

export { OCSF_MAPPING_VERSION, OCSF_VERSION } from './ocsf-attributes.js';

/** An OCSF event, with the attributes that every class requires. */
export interface OcsfEvent extends OcsfActivity {
  readonly severity_id: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The parts of the event without an OCSF attribute, under their own names. */
  readonly unmapped: Readonly<Record<string, unknown>>;
  readonly [attribute: string]: unknown;
}

/**
 * Maps an event to OCSF. Pure.
 *
 * @param origin what the ledger is called
 */
export function ocsfEventOf(event: LedgerEvent, origin: string): OcsfEvent {
  const kind = kindByDetails(ocsfKindOf(event), event);
  const { type, action, outcome, severity, reason, error, actor } = event;
  return {
    ...activityAttributes(kind, action),
    severity_id: SEVERITY_IDS[severity],
    ...outcomeAttributes(action, outcome),
    ...given({ status_detail: reason, status_code: error?.code }),
    time: Date.parse(event.occurredAt),
    timezone_offset: 0,
    message: type,
    metadata: metadataOf(event, kind, origin),
    actor: actorOf(actor),
    ...requestOf(event, kind),
    ...ofClass(event, kind, origin),
    ...detailAttributesOf(kind, event, origin),
    unmapped: { ...unmappedOf(event), ...unplacedOf(event, kind) },
  };
}

function metadataOf(event: LedgerEvent, kind: OcsfKind, origin: string): OcsfEvent['metadata'] {
  return {
    ...metadataOfAll(origin),
    uid: event.id,
    event_code: event.type,
    log_version: String(event.schemaVersion),
    original_time: event.occurredAt,
    ...given({
      profiles: profilesOf(kind, event.action, event.outcome),
      sequence: event.index,
      tenant_uid: event.tenantId,
      correlation_uid: event.request?.id,
      is_truncated: event.truncated,
    }),
  };
}

function actorOf({ type, id, name, sessionId }: AuditActor): Readonly<Record<string, unknown>> {
  const known = id === undefined && name === undefined ? { name: type } : given({ uid: id, name });
  return {
    user: { ...known, type_id: USER_TYPE_IDS[type] },
    ...(sessionId === undefined ? {} : { session: { uid: sessionId } }),
  };
}

function requestOf(event: LedgerEvent, kind: OcsfKind): Readonly<Record<string, unknown>> {
  if (!takesRequest(kind)) return {};
  const { statusCode, ip } = event.request ?? {};
  return given({
    http_request: httpRequestOf(event),
    http_response: statusCode === undefined ? undefined : { code: statusCode },
    src_endpoint: ip === undefined ? undefined : { ip },
  });
}

function takesRequest({ classUid }: OcsfKind): boolean {
  return classUid !== OCSF_CLASSES.applicationLifecycle;
}

function httpRequestOf({ request }: LedgerEvent): Readonly<Record<string, unknown>> | undefined {
  const { id, method, route, userAgent } = request ?? {};
  const path = pathOf(route);
  const known = given({
    uid: id,
    http_method: method !== undefined && Object.hasOwn(HTTP_METHODS, method) ? method : undefined,
    url: path === undefined ? undefined : { path },
    user_agent: userAgent,
  });
  return Object.keys(known).length > 0 ? known : undefined;
}

/** The attributes that the class requires beyond those of all classes, and that the details do not decide. */
function ofClass(event: LedgerEvent, { classUid }: OcsfKind, origin: string): Readonly<Record<string, unknown>> {
  const { action, resource, request } = event;
  const endpoint = { src_endpoint: request?.ip === undefined ? NOWHERE : { ip: request.ip } };
  switch (classUid) {
    case OCSF_CLASSES.authentication:
      return { service: { name: origin } };
    case OCSF_CLASSES.entityManagement:
      return { entity: resource ? resourceOf(resource) : { name: action } };
    case OCSF_CLASSES.apiActivity: {
      const resources = resource && [resourceOf(resource)];
      return { api: { operation: action, service: { name: origin } }, ...given({ resources }), ...endpoint };
    }
    case OCSF_CLASSES.datastoreActivity:
      return { table: given({ name: resource?.type ?? action, uid: resource?.id }), type_id: TABLE, ...endpoint };
    case OCSF_CLASSES.fileHosting:
      return endpoint;
    default:
      return {};
  }
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
    route: request?.route,
    durationMs: request?.durationMs,
    traceId: request?.traceId,
    changes,
    reason,
    error,
    details,
    detailsIssues,
    metadata,
    compliance: event.compliance,
  });
}

/** The attributes that this class lacks and other classes have. */
function unplacedOf({ request }: LedgerEvent, kind: OcsfKind): OcsfEvent['unmapped'] {
  if (takesRequest(kind)) return {};
  return given({ ip: request?.ip, userAgent: request?.userAgent, statusCode: request?.statusCode });
}

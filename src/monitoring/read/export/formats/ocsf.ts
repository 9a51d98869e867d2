import type { AuditActor, AuditOutcome, AuditSeverity } from '../../../../audit/nest-free.js';
import type { LedgerEvent } from '../../query/ledger-event.js';
import {
  given,
  pathOf,
  unplaced,
  USER_TYPE_IDS,
  OCSF_CLASSES,
  ocsfKindOf,
  OTHER,
  type OcsfKind,
} from './ocsf-class.js';
import { detailAttributesOf, kindByDetails, resourceOf } from './ocsf-details.js';

const OCSF_VERSION = '1.8.0';

/** The version of the mapping. The version increases with each change of the mapping. */
const OCSF_MAPPING_VERSION = '3';

/** An OCSF event, with the attributes that every class requires. */
export interface OcsfEvent {
  readonly activity_id: number;
  /** The name of an activity that has no number. */
  readonly activity_name?: string;
  readonly category_uid: number;
  readonly class_uid: number;
  readonly type_uid: number;
  readonly severity_id: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The parts of the event that have no OCSF attribute, under their own names. */
  readonly unmapped: Readonly<Record<string, unknown>>;
  readonly [attribute: string]: unknown;
}

/**
 * Maps an event to OCSF. Pure.
 *
 * @param origin the name of the ledger
 */
export function ocsfEventOf(event: LedgerEvent, origin: string): OcsfEvent {
  const kind = kindByDetails(ocsfKindOf(event), event);
  const { classUid, activityId } = kind;
  const { type, action, outcome, severity, reason, error, actor } = event;
  return {
    activity_id: activityId,
    ...(activityId === OTHER ? { activity_name: action } : {}),
    category_uid: Math.floor(classUid / 1_000),
    class_uid: classUid,
    type_uid: classUid * 100 + activityId,
    severity_id: SEVERITY_IDS[severity],
    ...STATUSES[outcome],
    ...decisionOf(action, outcome),
    ...given({ status_detail: reason, status_code: error?.code }),
    time: Date.parse(event.occurredAt),
    timezone_offset: 0,
    message: type,
    metadata: metadataOf(event, kind, origin),
    actor: actorOf(actor, event.request?.credentialId),
    ...requestOf(event, kind),
    ...ofClass(event, kind, origin),
    ...detailAttributesOf(kind, event, origin),
    unmapped: { ...unmappedOf(event), ...unplacedOf(event, kind) },
  };
}

const SEVERITY_IDS: Readonly<Record<AuditSeverity, number>> = { info: 1, warning: 3, error: 4, critical: 5 };

const STATUSES: Readonly<Record<AuditOutcome, Readonly<Record<string, unknown>>>> = {
  attempted: { status_id: 99, status: 'attempted' },
  success: { status_id: 1, status: 'Success' },
  failure: { status_id: 2, status: 'Failure' },
  denied: { status_id: 2, status: 'Failure' },
  partial: { status_id: 99, status: 'partial' },
};

const ALLOWED = { action_id: 1, action: 'Allowed', disposition_id: 1, disposition: 'Allowed' };
const DENIED = { action_id: 2, action: 'Denied', disposition_id: 2, disposition: 'Blocked' };

/** For these actions, the outcome `success` means that the control allowed the request. */
const CONTROLS: ReadonlySet<string> = new Set(['access', 'rate_limit_check']);

function decisionOf(action: string, outcome: AuditOutcome): typeof ALLOWED | undefined {
  if (outcome === 'denied') return DENIED;
  return outcome === 'success' && CONTROLS.has(action) ? ALLOWED : undefined;
}

function metadataOf(event: LedgerEvent, kind: OcsfKind, origin: string): OcsfEvent['metadata'] {
  return {
    version: OCSF_VERSION,
    product: { name: 'nestjs-audit-ledger' },
    log_name: origin,
    transformation_info_list: [{ name: 'nestjs-audit-ledger to OCSF', uid: OCSF_MAPPING_VERSION }],
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

function profilesOf({ classUid }: OcsfKind, action: string, outcome: AuditOutcome): readonly string[] | undefined {
  const host = classUid === OCSF_CLASSES.applicationLifecycle ? ['host'] : []; // without this profile, the class has no actor
  const profiles = [...host, ...(decisionOf(action, outcome) ? ['security_control'] : [])];
  return profiles.length > 0 ? profiles : undefined;
}

function actorOf({ type, id, name, sessionId }: AuditActor, credentialId?: string): Readonly<Record<string, unknown>> {
  const known = id === undefined && name === undefined ? { name: type } : given({ uid: id, name });
  const session = given({ uid: sessionId, credential_uid: credentialId });
  return {
    user: { ...known, type_id: USER_TYPE_IDS[type] },
    ...(Object.keys(session).length === 0 ? {} : { session }),
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

const HTTP_METHODS: ReadonlySet<string> = new Set('CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT TRACE'.split(' '));

function httpRequestOf({ request }: LedgerEvent): Readonly<Record<string, unknown>> | undefined {
  const { id, method, route, userAgent } = request ?? {};
  const path = pathOf(route);
  const known = given({
    uid: id,
    http_method: method !== undefined && HTTP_METHODS.has(method) ? method : undefined,
    url: path === undefined ? undefined : { path },
    user_agent: userAgent,
  });
  return Object.keys(known).length > 0 ? known : undefined;
}

/** Some classes require an endpoint, even for an event without a network address. */
const NOWHERE = { name: 'unknown' };

/** The `type_id` of a table in the class {@link OCSF_CLASSES.datastoreActivity}. */
const TABLE = 3;

function ofClass(event: LedgerEvent, { classUid }: OcsfKind, origin: string): Readonly<Record<string, unknown>> {
  const { action, resource, related = [], request } = event;
  const endpoint = { src_endpoint: request?.ip === undefined ? NOWHERE : { ip: request.ip } };
  switch (classUid) {
    case OCSF_CLASSES.authentication:
      return { service: { name: origin } };
    case OCSF_CLASSES.entityManagement:
      return { entity: resource ? resourceOf(resource) : { name: action } };
    case OCSF_CLASSES.apiActivity: {
      const all = [...(resource ? [resource] : []), ...related];
      const resources = all.length === 0 ? undefined : all.map(resourceOf);
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
  const { actor, resource, related, request, changes, reason, error, details, detailsIssues, metadata } = event;
  return given({
    action,
    outcome,
    category,
    severity,
    actorType: actor.type,
    onBehalfOf: actor.onBehalfOf,
    resource,
    related,
    ...unplaced(request, ['id', 'ip', 'userAgent', 'statusCode', 'credentialId']),
    changes,
    reason,
    error,
    details,
    detailsIssues,
    metadata,
    compliance: event.compliance,
  });
}

function unplacedOf({ request }: LedgerEvent, kind: OcsfKind): OcsfEvent['unmapped'] {
  if (takesRequest(kind)) return {};
  return given({ ip: request?.ip, userAgent: request?.userAgent, statusCode: request?.statusCode });
}

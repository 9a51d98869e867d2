import type { AuditActor, AuditOutcome, AuditSeverity } from '../../../../audit/nest-free.js';
import type { LedgerEvent } from '../../query/ledger-event.js';
import {
  omitUndefined,
  toUrlPath,
  pickUnmappedFields,
  USER_TYPE_IDS,
  OCSF_CLASSES,
  classifyOcsf,
  OTHER,
  type OcsfKind,
} from './ocsf-class.js';
import { buildDetailAttributes, refineKind, toOcsfResource } from './ocsf-details.js';

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
export function toOcsfEvent(event: LedgerEvent, origin: string): OcsfEvent {
  const kind = refineKind(classifyOcsf(event), event);
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
    ...getDecision(action, outcome),
    ...omitUndefined({ status_detail: reason, status_code: error?.code }),
    time: Date.parse(event.occurredAt),
    timezone_offset: 0,
    message: type,
    metadata: buildMetadata(event, kind, origin),
    actor: toOcsfActor(actor, event.request?.credentialId),
    ...buildRequestAttributes(event, kind),
    ...buildClassAttributes(event, kind, origin),
    ...buildDetailAttributes(kind, event, origin),
    unmapped: { ...pickUnmapped(event), ...pickUnmappedRequest(event, kind) },
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

function getDecision(action: string, outcome: AuditOutcome): typeof ALLOWED | undefined {
  if (outcome === 'denied') return DENIED;
  return outcome === 'success' && CONTROLS.has(action) ? ALLOWED : undefined;
}

function buildMetadata(event: LedgerEvent, kind: OcsfKind, origin: string): OcsfEvent['metadata'] {
  return {
    version: OCSF_VERSION,
    product: { name: 'nestjs-audit-ledger' },
    log_name: origin,
    transformation_info_list: [{ name: 'nestjs-audit-ledger to OCSF', uid: OCSF_MAPPING_VERSION }],
    uid: event.id,
    event_code: event.type,
    log_version: String(event.schemaVersion),
    original_time: event.occurredAt,
    ...omitUndefined({
      profiles: listProfiles(kind, event.action, event.outcome),
      sequence: event.index,
      tenant_uid: event.tenantId,
      correlation_uid: event.request?.id,
      is_truncated: event.truncated,
    }),
  };
}

function listProfiles({ classUid }: OcsfKind, action: string, outcome: AuditOutcome): readonly string[] | undefined {
  const host = classUid === OCSF_CLASSES.applicationLifecycle ? ['host'] : []; // without this profile, the class has no actor
  const profiles = [...host, ...(getDecision(action, outcome) ? ['security_control'] : [])];
  return profiles.length > 0 ? profiles : undefined;
}

function toOcsfActor(
  { type, id, name, sessionId }: AuditActor,
  credentialId?: string,
): Readonly<Record<string, unknown>> {
  const known = id === undefined && name === undefined ? { name: type } : omitUndefined({ uid: id, name });
  const session = omitUndefined({ uid: sessionId, credential_uid: credentialId });
  return {
    user: { ...known, type_id: USER_TYPE_IDS[type] },
    ...(Object.keys(session).length === 0 ? {} : { session }),
  };
}

function buildRequestAttributes(event: LedgerEvent, kind: OcsfKind): Readonly<Record<string, unknown>> {
  if (!hasHttpRequest(kind)) return {};
  const { statusCode, ip } = event.request ?? {};
  return omitUndefined({
    http_request: toHttpRequest(event),
    http_response: statusCode === undefined ? undefined : { code: statusCode },
    src_endpoint: ip === undefined ? undefined : { ip },
  });
}

function hasHttpRequest({ classUid }: OcsfKind): boolean {
  return classUid !== OCSF_CLASSES.applicationLifecycle;
}

const HTTP_METHODS: ReadonlySet<string> = new Set('CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT TRACE'.split(' '));

function toHttpRequest({ request }: LedgerEvent): Readonly<Record<string, unknown>> | undefined {
  const { id, method, route, userAgent } = request ?? {};
  const path = toUrlPath(route);
  const known = omitUndefined({
    uid: id,
    http_method: method !== undefined && HTTP_METHODS.has(method) ? method : undefined,
    url: path === undefined ? undefined : { path },
    user_agent: userAgent,
  });
  return Object.keys(known).length > 0 ? known : undefined;
}

/** Some classes require an endpoint, even for an event without a network address. */
const UNKNOWN_ENDPOINT = { name: 'unknown' };

/** The `type_id` of a table in the class {@link OCSF_CLASSES.datastoreActivity}. */
const TABLE = 3;

function buildClassAttributes(
  event: LedgerEvent,
  { classUid }: OcsfKind,
  origin: string,
): Readonly<Record<string, unknown>> {
  const { action, resource, related = [], request } = event;
  const endpoint = { src_endpoint: request?.ip === undefined ? UNKNOWN_ENDPOINT : { ip: request.ip } };
  switch (classUid) {
    case OCSF_CLASSES.authentication:
      return { service: { name: origin } };
    case OCSF_CLASSES.entityManagement:
      return { entity: resource ? toOcsfResource(resource) : { name: action } };
    case OCSF_CLASSES.apiActivity: {
      const all = [...(resource ? [resource] : []), ...related];
      const resources = all.length === 0 ? undefined : all.map(toOcsfResource);
      return { api: { operation: action, service: { name: origin } }, ...omitUndefined({ resources }), ...endpoint };
    }
    case OCSF_CLASSES.datastoreActivity:
      return {
        table: omitUndefined({ name: resource?.type ?? action, uid: resource?.id }),
        type_id: TABLE,
        ...endpoint,
      };
    case OCSF_CLASSES.fileHosting:
      return endpoint;
    default:
      return {};
  }
}

function pickUnmapped({ action, outcome, category, severity, ...event }: LedgerEvent): OcsfEvent['unmapped'] {
  const { actor, resource, related, request, changes, reason, error, details, detailsIssues, metadata } = event;
  return omitUndefined({
    action,
    outcome,
    category,
    severity,
    actorType: actor.type,
    onBehalfOf: actor.onBehalfOf,
    resource,
    related,
    ...pickUnmappedFields(request, ['id', 'ip', 'userAgent', 'statusCode', 'credentialId']),
    changes,
    reason,
    error,
    details,
    detailsIssues,
    metadata,
    compliance: event.compliance,
  });
}

function pickUnmappedRequest({ request }: LedgerEvent, kind: OcsfKind): OcsfEvent['unmapped'] {
  if (hasHttpRequest(kind)) return {};
  return omitUndefined({ ip: request?.ip, userAgent: request?.userAgent, statusCode: request?.statusCode });
}

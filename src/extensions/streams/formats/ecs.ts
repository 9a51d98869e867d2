import { isIP } from 'node:net';
import type { AuditOutcome, AuditSeverity } from '../../../audit/nest-free.js';
import {
  omitUndefined,
  toUrlPath,
  pickUnmappedFields,
  OCSF_CLASSES,
  classifyOcsf,
} from '../../../monitoring/read/export/formats/ocsf-class.js';
import type { LedgerEvent } from '../../../monitoring/read/query/ledger-event.js';
import { describeEvent, PRODUCT } from './line-text.js';
import type { StreamedEvent } from '../stream-destination.js';

export const ECS_VERSION = '8.17.0';

/** The risk scores of Elastic Security: low, medium, high, critical. */
const SEVERITIES: Readonly<Record<AuditSeverity, number>> = { info: 21, warning: 47, error: 73, critical: 99 };

const OUTCOMES: Readonly<Record<AuditOutcome, string>> = {
  attempted: 'unknown',
  success: 'success',
  failure: 'failure',
  denied: 'failure',
  partial: 'unknown',
};

const NANOSECONDS = 1_000_000;

const MAPPED_FIELDS = ['id', 'ip', 'userAgent', 'method', 'statusCode', 'durationMs', 'traceId'] as const;

type Members = Readonly<Record<string, unknown>>;

/** Maps an event to the Elastic Common Schema. Values that have no field in the schema are in `audit_ledger`. Pure. */
export function toEcsEvent({ index, id, event, leafHash }: StreamedEvent, origin: string): Members {
  const { tenantId, error, actor, resource, related = [], severity } = event;
  const people = related.filter(({ type }) => isUser(type)).flatMap(({ id, name }) => [id, name]);
  return {
    '@timestamp': event.occurredAt,
    ecs: { version: ECS_VERSION },
    message: describeEvent(event),
    event: buildEventFields(event, { id, index, leafHash, origin }),
    log: { level: severity },
    service: { name: origin, type: PRODUCT },
    ...omitEmptyGroups({
      user: buildUserFields(event),
      organization: { id: tenantId },
      error: { type: error?.name, code: error?.code, message: error?.message },
      related: {
        user: compactList(actor.id, actor.name, getTargetUser(event), actor.onBehalfOf?.id, ...people),
        ip: compactList(getAddress(event)),
      },
    }),
    ...buildRequestFields(event),
    audit_ledger: omitUndefined({
      index,
      leaf_hash: leafHash,
      schema_version: event.schemaVersion,
      type: event.type,
      outcome: event.outcome,
      category: event.category,
      ...omitEmptyGroups({ actor: { type: actor.type, session_id: actor.sessionId, on_behalf_of: actor.onBehalfOf } }),
      resource,
      related: event.related,
      ...pickUnmappedFields(event.request, MAPPED_FIELDS, ({ column }) => column),
      details: undefinedIfEmpty(event.details),
      changes: event.changes,
      metadata: undefinedIfEmpty(event.metadata),
      details_issues: event.detailsIssues,
      compliance: event.compliance,
      truncated: event.truncated,
    }),
  };
}

function buildEventFields(
  event: LedgerEvent,
  { id, index, leafHash, origin }: { id: string; index: number; leafHash: string; origin: string },
): Members {
  const durationMs = event.request?.durationMs;
  return omitUndefined({
    kind: 'event',
    ...classifyEcs(event),
    outcome: OUTCOMES[event.outcome],
    id,
    action: event.action,
    code: event.type,
    reason: event.reason,
    severity: SEVERITIES[event.severity],
    sequence: index,
    hash: leafHash,
    duration: durationMs === undefined ? undefined : Math.round(durationMs * NANOSECONDS),
    dataset: 'nestjs_audit_ledger.event',
    module: 'nestjs_audit_ledger',
    provider: origin,
  });
}

function buildUserFields(event: LedgerEvent): Members {
  const { actor } = event;
  const target = getTargetUser(event);
  return {
    id: actor.id,
    name: actor.name,
    target: target === undefined ? undefined : { id: target },
    effective: actor.onBehalfOf && { id: actor.onBehalfOf.id },
  };
}

function getTargetUser({ resource }: LedgerEvent): string | undefined {
  return isUser(resource?.type) ? resource?.id : undefined;
}

function isUser(type = ''): boolean {
  return /^user$/i.test(type);
}

function buildRequestFields(event: LedgerEvent): Members {
  const { request } = event;
  const ip = getAddress(event);
  const address = { ip, address: request?.ip };
  return omitEmptyGroups({
    source: address,
    client: address,
    url: { path: toUrlPath(request?.route) },
    http: omitEmptyGroups({
      request: { id: request?.id, method: request?.method },
      response: { status_code: request?.statusCode },
    }),
    user_agent: { original: request?.userAgent },
    trace: { id: request?.traceId },
  });
}

/** Elasticsearch refuses documents with invalid addresses. */
function getAddress({ request }: LedgerEvent): string | undefined {
  return isIP(request?.ip ?? '') === 0 ? undefined : request?.ip;
}

function compactList(...values: readonly (string | undefined)[]): readonly string[] | undefined {
  const present = [...new Set(values.filter((value) => value !== undefined))];
  return present.length > 0 ? present : undefined;
}

function omitEmptyGroups(groups: Readonly<Record<string, Members>>): Members {
  const present = Object.entries(groups).map(([name, members]) => [name, omitUndefined(members)] as const);
  return Object.fromEntries(present.filter(([, members]) => Object.keys(members).length > 0));
}

function undefinedIfEmpty(members: object): object | undefined {
  return Object.keys(members).length > 0 ? members : undefined;
}

interface EcsKind {
  readonly category: readonly string[];
  readonly type: readonly string[];
}

const CREATION_FIRST: Readonly<Record<number, string>> = { 1: 'creation', 2: 'access', 3: 'change', 4: 'deletion' };
const ACCOUNT: Readonly<Record<number, string>> = { 1: 'creation', 6: 'deletion', 99: 'info' };
const LIFECYCLE: Readonly<Record<number, string>> = { 3: 'start', 4: 'end', 5: 'start' };
const FILE: Readonly<Record<number, string>> = { 1: 'creation', 2: 'access', 4: 'deletion', 9: 'access' };
const AUTHENTICATION: Readonly<Record<number, string>> = { 1: 'start', 2: 'end' };
const DATASTORE: Readonly<Record<number, string>> = { 1: 'access', 4: 'access' };
const PACKAGE: Readonly<Record<number, string>> = { 1: 'installation', 2: 'deletion' };

const IAM_ENTITY = /^(role|permission|scope|api_key|oauth_client|user)_/;

/** ECS allows each returned type in the returned category. */
function classifyEcs(event: Pick<LedgerEvent, 'action' | 'category' | 'outcome'>): EcsKind {
  const { classUid, activityId } = classifyOcsf(event);
  switch (classUid) {
    case OCSF_CLASSES.accountChange:
      return { category: ['iam'], type: ['user', ACCOUNT[activityId] ?? 'change'] };
    case OCSF_CLASSES.authentication:
      return {
        category: event.category === 'session' ? ['authentication', 'session'] : ['authentication'],
        type: [AUTHENTICATION[activityId] ?? 'info'],
      };
    case OCSF_CLASSES.authorizeSession:
      return { category: ['session'], type: ['info'] };
    case OCSF_CLASSES.userAccess:
      return { category: ['iam'], type: ['user', 'change'] };
    case OCSF_CLASSES.applicationLifecycle:
      return activityId in PACKAGE
        ? { category: ['package'], type: [PACKAGE[activityId] ?? 'info'] }
        : { category: ['process'], type: [LIFECYCLE[activityId] ?? 'change'] };
    case OCSF_CLASSES.datastoreActivity:
      return { category: ['database'], type: [DATASTORE[activityId] ?? 'change'] };
    case OCSF_CLASSES.fileHosting:
      return { category: ['file'], type: [FILE[activityId] ?? 'change'] };
    case OCSF_CLASSES.entityManagement:
      return classifyEntity(event, activityId);
    case OCSF_CLASSES.apiActivity:
      return { category: ['api'], type: addDecision(event, CREATION_FIRST[activityId] ?? 'info') };
  }
}

/** The category `iam` does not allow the type `access`. */
function classifyEntity(event: Pick<LedgerEvent, 'action' | 'category' | 'outcome'>, activityId: number): EcsKind {
  const type = CREATION_FIRST[activityId] ?? 'change';
  if (IAM_ENTITY.test(event.action)) return { category: ['iam'], type: [type === 'access' ? 'info' : type] };
  if (event.category === 'configuration' || event.category === 'administration') {
    return { category: ['configuration'], type: [type] };
  }
  return { category: ['api'], type: addDecision(event, type) };
}

function addDecision({ outcome }: Pick<LedgerEvent, 'outcome'>, type: string): readonly string[] {
  return outcome === 'denied' ? [type, 'denied'] : [type];
}

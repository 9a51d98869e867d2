import type { EventTypeFacts } from '../catalogue/event-type.js';
import type { Anonymizer } from './redaction/anonymize.js';
import {
  MAX_EVENT_BYTES,
  MAX_RELATED,
  type AuditActor,
  type AuditErrorFacts,
  type AuditEvent,
  type AuditPrincipal,
  type AuditResource,
  type JsonObject,
  type JsonValue,
} from './audit-event.js';
import type { AuditActorInput, AuditInput } from './audit-input.js';
import { buildChanges } from './build-changes.js';
import { TruncationBudget } from './truncation-budget.js';
import { noteBytes } from './event-bytes.js';
import { normalizeIp } from './normalize-ip.js';
import { JsonNormalizer } from './normalize-json.js';
import { TEXT_LIMITS, TextNormalizer } from './normalize-text.js';
import { REQUEST_ROWS, type AuditRequest, type RequestField } from '../../base/event/request-fields.js';
import { isTenantIdShape } from '../../base/event/fact-shapes.js';
import { definedFields, isEmpty } from './merge-fields.js';
import type { AuditDetailsIssue } from '../../base/errors/audit.error.js';
import { readFieldSafely, readSafely } from '../../base/read-safely.js';
import { REDACTED, type SecretNameTest } from '../../base/secrets/redact-names.js';
import { ACTOR_TYPES, getDefaultSeverity, foldSeverity, isOneOf } from '../../base/event/outcomes.js';

/** The bytes reserved for an event's own, bounded fields and its punctuation. */
const OWN_FIELDS_BYTES = 24 * 1024;

const OWN_NAMES_BYTES = 512;

const MAX_STATUS_CODE = 999;

/** Thirty years. A longer duration may not be exact to a thousandth of a millisecond. */
const MAX_DURATION_MS = 1e12;

export interface EventParts {
  readonly id: string;
  readonly occurredAt: Date;
  readonly resolved: EventTypeFacts;
  readonly input: AuditInput<unknown>;
  /** The contradictions between the details and the catalogue, at most ten, without values. */
  readonly detailsIssues?: readonly AuditDetailsIssue[];
  /** The actor and the tenant, for an input without its own actor or tenant. */
  readonly actor?: AuditActorInput | undefined;
  readonly tenantId?: string | undefined;
  /** Whether any text is valid as a tenant id (the option `factFields` with `/tenantId`). */
  readonly acceptsAnyTenantId?: boolean;
  readonly request: Partial<Record<RequestField, unknown>> | undefined;
  /** The request id that the client sent, if the library uses another id. Stored as `clientRequestId` in the metadata. */
  readonly clientRequestId?: string | undefined;
  /** The id of the operation that row changes refer to. Stored as `operationId` in the metadata. */
  readonly operationId?: string | undefined;
  /** Further metadata. The input's own fields take precedence. */
  readonly ambientMetadata?: object | undefined;
  readonly isSecretName: SecretNameTest;
  readonly anonymizer?: Anonymizer | undefined;
}

/** The actor, the tenant and the request of a scope, in the form that an event contains. */
export interface ContextFacts {
  readonly actor: AuditActor;
  readonly tenantId?: string;
  readonly request?: AuditRequest;
  readonly reason?: string;
}

/**
 * Builds the actor, the tenant and the request without an event: normalised, redacted and bounded like the fields of an event. Never
 * throws.
 */
export function buildContextFacts(
  parts: Pick<EventParts, 'actor' | 'tenantId' | 'acceptsAnyTenantId' | 'request' | 'anonymizer'>,
  givenReason?: unknown,
): ContextFacts {
  const texts = new TextNormalizer({ exceeded: false }, parts.anonymizer);
  const tenantId = texts.normalizeActorId(parts.tenantId);
  return definedFields({
    actor: buildActor(parts.actor, texts),
    tenantId: isTenant(tenantId, parts) ? tenantId : undefined,
    request: buildRequest(parts.request, texts),
    reason: texts.of(givenReason, TEXT_LIMITS.reason),
  });
}

/**
 * Builds the frozen event: normalised, redacted, bounded to {@link MAX_EVENT_BYTES}. Never throws. A value that has no JSON form becomes a
 * text that describes it.
 */
export function buildEvent(parts: EventParts): AuditEvent {
  const { resolved, input, isSecretName, anonymizer, detailsIssues = [] } = parts;
  const budget = new TruncationBudget(MAX_EVENT_BYTES - OWN_FIELDS_BYTES);
  const json = new JsonNormalizer(isSecretName, budget, anonymizer);
  const texts = new TextNormalizer(budget, anonymizer);
  const given = (name: keyof AuditInput): unknown => readFieldSafely(input, name);
  if (detailsIssues.length > 0) budget.take(Buffer.byteLength(JSON.stringify(detailsIssues))); // first, so that the issues fit
  const related = buildRelated(given('related'), texts, budget);
  const details = toObject(json.normalize(given('details')));
  const changes = buildChanges(resolved.action, input, budget, { isSecretName, anonymizer });
  const givenTenant = given('tenantId') ?? parts.tenantId;
  const tenant = texts.normalizeActorId(givenTenant);
  const tenantId = isTenant(tenant, parts) ? tenant : undefined;
  const metadata = addDefinedFields(
    buildMetadata(toObject(json.normalize(given('metadata'))), parts.ambientMetadata, json),
    {
      clientRequestId: texts.normalizePersonal(parts.clientRequestId, TEXT_LIMITS.id),
      operationId: parts.operationId,
      givenTenantId: tenantId === undefined ? texts.normalizePersonal(givenTenant, TEXT_LIMITS.id) : undefined,
    },
  );
  const event = definedFields({
    id: parts.id,
    schemaVersion: 2 as const,
    occurredAt: parts.occurredAt.toISOString(),
    type: resolved.type,
    action: resolved.action,
    outcome: resolved.outcome,
    category: texts.of(given('category'), TEXT_LIMITS.name) ?? resolved.category,
    severity: foldSeverity(given('severity')) ?? resolved.severity ?? getDefaultSeverity(resolved.outcome),
    ...attachSession(
      getSessionId(details, texts) ?? getSessionId(metadata, texts),
      resolved.category,
      buildActor(given('actor') ?? parts.actor, texts),
      buildResource(given('resource'), texts),
    ),
    tenantId,
    related,
    request: buildRequest(parts.request, texts),
    changes,
    reason: texts.of(given('reason'), TEXT_LIMITS.reason),
    error: buildError(given('error'), texts),
    details,
    detailsIssues: detailsIssues.length > 0 ? detailsIssues : undefined,
    metadata,
    // last, since each field above may be cut
    truncated: budget.exceeded ? (true as const) : undefined,
  });
  noteBytes(event, OWN_NAMES_BYTES + texts.length + budget.spent);
  return Object.freeze(event);
}

function isTenant(text: string | undefined, { acceptsAnyTenantId }: Pick<EventParts, 'acceptsAnyTenantId'>): boolean {
  return text !== undefined && (acceptsAnyTenantId === true || isTenantIdShape(text));
}

function buildActor(input: unknown, texts: TextNormalizer): AuditActor {
  const id = texts.normalizeActorId(readFieldSafely(input, 'id'));
  const type = readFieldSafely(input, 'type');
  const actor = definedFields({
    type: isOneOf(ACTOR_TYPES, type) ? type : id === undefined ? 'anonymous' : 'user',
    id,
    name: texts.normalizePersonal(readFieldSafely(input, 'name'), TEXT_LIMITS.name),
    sessionId: texts.of(readFieldSafely(input, 'sessionId'), TEXT_LIMITS.id),
    onBehalfOf: buildPrincipal(readFieldSafely(input, 'onBehalfOf'), texts),
  });
  return Object.freeze(actor);
}

function buildPrincipal(input: unknown, texts: TextNormalizer): AuditPrincipal | undefined {
  const id = texts.normalizeActorId(readFieldSafely(input, 'id'));
  if (id === undefined) return undefined;
  const type = readFieldSafely(input, 'type');
  return Object.freeze({ type: isOneOf(ACTOR_TYPES, type) ? type : 'user', id });
}

const UNKNOWN_RESOURCE = 'unknown';

function buildResource(input: unknown, texts: TextNormalizer): AuditResource | undefined {
  const id = texts.normalizeId(readFieldSafely(input, 'id'));
  const name = texts.normalizePersonal(readFieldSafely(input, 'name'), TEXT_LIMITS.resourceName);
  const known = id === undefined && name === undefined ? undefined : UNKNOWN_RESOURCE;
  const type = texts.of(readFieldSafely(input, 'type'), TEXT_LIMITS.name) ?? known;
  return type === undefined ? undefined : Object.freeze(definedFields({ type, id, name }));
}

function buildRelated(
  input: unknown,
  texts: TextNormalizer,
  budget: TruncationBudget,
): readonly AuditResource[] | undefined {
  const items = readSafely(() => (Array.isArray(input) ? (input as readonly unknown[]).slice(0, MAX_RELATED + 1) : []));
  if (items === undefined || items.length === 0) return undefined;
  if (items.length > MAX_RELATED) budget.exceeded = true;
  const related = items.slice(0, MAX_RELATED).flatMap((item) => buildResource(item, texts) ?? []);
  const kept = related.filter((resource) => budget.take(Buffer.byteLength(JSON.stringify(resource)) + 1));
  return kept.length === 0 ? undefined : Object.freeze(kept);
}

function getSessionId({ sessionId, session_id: other }: JsonObject, texts: TextNormalizer): string | undefined {
  const input = sessionId ?? other;
  return input === REDACTED ? undefined : texts.of(input, TEXT_LIMITS.id);
}

/**
 * Adds a session that only the details or the metadata name, so that each event of a session is found in one way: as the resource of an
 * event about sessions, otherwise as the actor's session. If this place is taken, the other place is used.
 */
function attachSession(
  id: string | undefined,
  category: string,
  actor: AuditActor,
  resource: AuditResource | undefined,
): Pick<AuditEvent, 'actor'> & { readonly resource: AuditResource | undefined } {
  const isPlaced = id === undefined || actor.sessionId === id || (resource?.type === 'session' && resource.id === id);
  if (isPlaced || (resource && actor.sessionId !== undefined)) return { actor, resource };
  const isResource = !resource && (category === 'session' || actor.sessionId !== undefined);
  if (isResource) return { actor, resource: Object.freeze({ type: 'session', id }) };
  return { actor: Object.freeze({ ...actor, sessionId: id }), resource };
}

function buildRequest(input: EventParts['request'], texts: TextNormalizer): AuditRequest | undefined {
  if (!input) return undefined;
  const request: Partial<Record<RequestField, unknown>> = {};
  for (const row of REQUEST_ROWS) {
    const value = toRequestValue(row, input[row.name], texts);
    if (value !== undefined) request[row.name] = value;
  }
  return isEmpty(request) ? undefined : Object.freeze(request as AuditRequest); // the table states the type of each value
}

function toRequestValue(
  { kind, limit = TEXT_LIMITS.name, personal }: (typeof REQUEST_ROWS)[number],
  value: unknown,
  texts: TextNormalizer,
): string | number | undefined {
  switch (kind) {
    case 'inet': {
      const address = texts.normalizePersonal(normalizeIp(value), limit);
      return texts.anonymizer ? normalizeIp(address) : address; // the pseudonym `[REDACTED]` is not an address
    }
    case 'smallint':
      return isIntegerUpTo(value, MAX_STATUS_CODE) && Number.isInteger(value) ? value : undefined;
    case 'double':
      return isIntegerUpTo(value, MAX_DURATION_MS) ? normalizeDuration(value) : undefined;
    default:
      return personal === 'always' ? texts.normalizePersonal(value, limit) : texts.of(value, limit);
  }
}

function isIntegerUpTo(value: unknown, max: number): value is number {
  return typeof value === 'number' && value >= 0 && value <= max;
}

function normalizeDuration(durationMs: number): number {
  return Math.round(durationMs * 1_000) / 1_000 + 0; // + 0, since JSON has no negative zero
}

/** The stack is long and may contain secrets. */
function buildError(error: unknown, texts: TextNormalizer): AuditErrorFacts | undefined {
  if (error === undefined || error === null) return undefined;
  const input = readFieldSafely(error, 'message') ?? (typeof error === 'object' ? undefined : error);
  const facts = definedFields({
    name: texts.of(readFieldSafely(error, 'name'), TEXT_LIMITS.name) ?? 'NonError',
    code: texts.of(readFieldSafely(error, 'code'), TEXT_LIMITS.name),
    message: texts.of(input, TEXT_LIMITS.message),
  });
  return Object.freeze(facts);
}

/** The event's own fields take precedence, and come first, since the last fields may be cut. */
function buildMetadata(own: JsonObject, ambient: object | undefined, json: JsonNormalizer): JsonObject {
  if (ambient === undefined) return own;
  const others = toObject(json.normalize(ambient));
  return isEmpty(own) ? others : { ...own, ...others, ...own };
}

function addDefinedFields(metadata: JsonObject, input: Readonly<Record<string, string | undefined>>): JsonObject {
  let whole = metadata;
  for (const name in input) {
    const text = input[name];
    if (text !== undefined && !(name in metadata)) whole = { ...whole, [name]: text };
  }
  return Object.freeze(whole);
}

const EMPTY: JsonObject = Object.freeze({});

function toObject(value: JsonValue | undefined): JsonObject {
  if (value === undefined || value === null) return EMPTY;
  if (typeof value === 'object' && !Array.isArray(value)) return value as JsonObject; // neither null nor an array
  return Object.freeze({ value });
}

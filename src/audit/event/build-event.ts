import type { EventTypeFacts } from '../catalogue/event-type.js';
import type { Anonymizer } from './redaction/anonymize.js';
import {
  MAX_EVENT_BYTES,
  type AuditActor,
  type AuditChanges,
  type AuditDetailsIssue,
  type AuditErrorFacts,
  type AuditEvent,
  type AuditPrincipal,
  type AuditRequest,
  type AuditResource,
  type JsonObject,
  type JsonValue,
} from './audit-event.js';
import type { AuditActorInput, AuditInput } from './audit-input.js';
import { ByteBudget } from './byte-budget.js';
import { maskGivenDiff } from './diff-given.js';
import { noteBytes } from './event-bytes.js';
import { diffValues, isDiffTruncated, MAX_DIFF_BYTES, type Redaction } from './diff-values.js';
import { isHarmlessSetting } from './redaction/harmless-settings.js';
import { isoTime } from './iso-time.js';
import { normalizeIp } from './normalize-ip.js';
import { JsonNormalizer } from './normalize-json.js';
import { TEXT_LIMITS } from './normalize-text.js';
import { OwnTexts } from './own-texts.js';
import { isTenantIdShape } from './fact-shapes.js';
import { kindOfName, NAME_KIND } from './redaction/plain-names.js';
import { readFieldSafely } from './read-safely.js';
import { REDACTED, type SecretNameTest } from './redaction/redact-names.js';
import { ACTOR_TYPES, defaultSeverity, foldSeverity, isOneOf } from './outcomes.js';

/** Bytes reserved for an event's own, bounded fields and its punctuation. */
const OWN_FIELDS_BYTES = 24 * 1024;

/** The approximate size of the names, the punctuation and the short fields of a usual event. */
const OWN_NAMES_BYTES = 512;

/** HTTP status codes have three digits. */
const MAX_STATUS_CODE = 999;

/** Thirty years; such a number is still exact in thousandths. */
const MAX_DURATION_MS = 1e12;

/** The facts that {@link buildEvent} needs besides the caller's input. */
export interface EventParts {
  readonly id: string;
  readonly occurredAt: Date;
  readonly resolved: EventTypeFacts;
  readonly input: AuditInput<unknown>;
  /** The contradictions to the catalogue; bounded, and without values. */
  readonly detailsIssues?: readonly AuditDetailsIssue[];
  /** The actor and the tenant if the input does not name them. */
  readonly actor?: AuditActorInput | undefined;
  readonly tenantId?: string | undefined;
  /** Whether the application declares that any text it gives as a tenant's id is one. */
  readonly keepsAnyTenantId?: boolean;
  readonly request: Partial<Record<keyof AuditRequest, unknown>> | undefined;
  /** The client's id for the request, if it is not the request's id; stored as `clientRequestId` in the metadata. */
  readonly clientRequestId?: string | undefined;
  /** The id of the operation that row changes refer to; stored as `operationId` in the metadata. */
  readonly operationId?: string | undefined;
  /** Further metadata; the input's own fields take precedence. */
  readonly ambientMetadata?: object | undefined;
  readonly isSecretName: SecretNameTest;
  /** Whether `changes` comes from `JSON.parse()`: without getters, and not shared with other code. */
  readonly areChangesParsed?: boolean;
  /** Present when the event is to be anonymised. */
  readonly anonymizer?: Anonymizer | undefined;
}

/** The actor, the tenant and the request, in the form of an event. */
export interface ContextFacts {
  readonly actor: AuditActor;
  readonly tenantId?: string;
  readonly request?: AuditRequest;
  readonly reason?: string;
}

/** Builds these facts without an event: normalised, redacted and bounded like an event's. Never throws. */
export function buildContextFacts(
  parts: Pick<EventParts, 'actor' | 'tenantId' | 'keepsAnyTenantId' | 'request' | 'anonymizer'>,
  givenReason?: unknown,
): ContextFacts {
  const texts = new OwnTexts({ exceeded: false }, parts.anonymizer);
  const tenantId = texts.of(parts.tenantId, TEXT_LIMITS.id);
  const isTenant = tenantId !== undefined && (parts.keepsAnyTenantId === true || isTenantIdShape(tenantId));
  const request = buildRequest(parts.request, texts);
  const reason = texts.of(givenReason, TEXT_LIMITS.reason);
  return {
    actor: buildActor(parts.actor, texts),
    ...(isTenant && { tenantId }),
    ...(request && { request }),
    ...(reason !== undefined && { reason }),
  };
}

/**
 * Builds the frozen event: normalised, redacted, bounded to {@link MAX_EVENT_BYTES}. Never throws, whatever the input holds; a value that
 * cannot be kept becomes a text that describes it.
 */
export function buildEvent(parts: EventParts): AuditEvent {
  const { resolved, input, isSecretName, anonymizer, detailsIssues = [] } = parts;
  const budget = new ByteBudget(MAX_EVENT_BYTES - OWN_FIELDS_BYTES);
  const json = new JsonNormalizer(isSecretName, budget, anonymizer);
  const texts = new OwnTexts(budget, anonymizer);
  const given = (name: keyof AuditInput): unknown => readFieldSafely(input, name);
  if (detailsIssues.length > 0) budget.take(Buffer.byteLength(JSON.stringify(detailsIssues))); // first, so that they fit
  const details = asObject(json.normalize(given('details')));
  const changes = SETTING_ACTIONS.has(resolved.action)
    ? buildSettingChanges(given('changes'), settingOf(given), budget, { isSecretName, anonymizer })
    : ((parts.areChangesParsed === true
        ? buildParsedChanges(input.changes, budget, { isSecretName, anonymizer })
        : undefined) ?? buildChanges(given('changes'), json, budget, { isSecretName, anonymizer }));
  const tenant = texts.of(given('tenantId') ?? parts.tenantId, TEXT_LIMITS.id);
  const isTenant = tenant === undefined || parts.keepsAnyTenantId === true || isTenantIdShape(tenant);
  const metadata = withGiven(metadataOf(asObject(json.normalize(given('metadata'))), parts.ambientMetadata, json), {
    clientRequestId: texts.ofPerson(parts.clientRequestId, TEXT_LIMITS.id),
    operationId: parts.operationId,
    givenTenantId: isTenant ? undefined : texts.ofPerson(tenant, TEXT_LIMITS.id),
  });
  const event: Filling<Omit<AuditEvent, 'details' | 'metadata'>> & { details?: JsonObject; metadata?: JsonObject } = {
    id: parts.id,
    schemaVersion: 2,
    occurredAt: isoTime(parts.occurredAt),
    type: resolved.type,
    action: resolved.action,
    outcome: resolved.outcome,
    category: texts.of(given('category'), TEXT_LIMITS.name) ?? resolved.category,
    severity: foldSeverity(given('severity')) ?? resolved.severity ?? defaultSeverity(resolved.outcome),
    actor: buildActor(given('actor') ?? parts.actor, texts),
  };
  const resource = buildResource(given('resource'), texts);
  const request = buildRequest(parts.request, texts);
  const reason = texts.of(given('reason'), TEXT_LIMITS.reason);
  const error = buildError(given('error'), texts);
  if (tenant !== undefined && isTenant) event.tenantId = tenant;
  if (resource !== undefined) event.resource = resource;
  if (request !== undefined) event.request = request;
  if (changes !== undefined) event.changes = changes;
  if (reason !== undefined) event.reason = reason;
  if (error !== undefined) event.error = error;
  event.details = details;
  if (detailsIssues.length > 0) event.detailsIssues = detailsIssues;
  event.metadata = metadata;
  if (budget.exceeded) event.truncated = true; // last, since any of the fields may have been cut
  noteBytes(event, OWN_NAMES_BYTES + texts.length + budget.spent);
  return Object.freeze(event as AuditEvent); // details and metadata are set by now
}

function buildActor(given: unknown, texts: OwnTexts): AuditActor {
  const id = texts.of(readFieldSafely(given, 'id'), TEXT_LIMITS.id);
  const type = readFieldSafely(given, 'type');
  const name = texts.ofPerson(readFieldSafely(given, 'name'), TEXT_LIMITS.name);
  const sessionId = texts.of(readFieldSafely(given, 'sessionId'), TEXT_LIMITS.id);
  const onBehalfOf = buildPrincipal(readFieldSafely(given, 'onBehalfOf'), texts);
  const actor: Filling<AuditActor> = {
    type: isOneOf(ACTOR_TYPES, type) ? type : id === undefined ? 'anonymous' : 'user',
  };
  if (id !== undefined) actor.id = id;
  if (name !== undefined) actor.name = name;
  if (sessionId !== undefined) actor.sessionId = sessionId;
  if (onBehalfOf !== undefined) actor.onBehalfOf = onBehalfOf;
  return Object.freeze(actor);
}

function buildPrincipal(given: unknown, texts: OwnTexts): AuditPrincipal | undefined {
  const id = texts.of(readFieldSafely(given, 'id'), TEXT_LIMITS.id);
  if (id === undefined) return undefined;
  const type = readFieldSafely(given, 'type');
  return Object.freeze({ type: isOneOf(ACTOR_TYPES, type) ? type : 'user', id });
}

/** The type of a resource that has only an id. */
const UNKNOWN_RESOURCE = 'unknown';

function buildResource(given: unknown, texts: OwnTexts): AuditResource | undefined {
  const id = texts.of(readFieldSafely(given, 'id'), TEXT_LIMITS.id);
  const type = texts.of(readFieldSafely(given, 'type'), TEXT_LIMITS.name) ?? (id === undefined ? id : UNKNOWN_RESOURCE);
  if (type === undefined) return undefined;
  return Object.freeze(id === undefined ? { type } : { type, id });
}

function buildRequest(given: EventParts['request'], texts: OwnTexts): AuditRequest | undefined {
  if (!given) return undefined;
  const { durationMs, statusCode } = given;
  const id = texts.of(given.id, TEXT_LIMITS.id);
  const address = texts.ofPerson(normalizeIp(given.ip), TEXT_LIMITS.name);
  const ip = texts.anonymizer ? normalizeIp(address) : address; // a pseudonym may not be an address
  const userAgent = texts.ofPerson(given.userAgent, TEXT_LIMITS.userAgent);
  const method = texts.of(given.method, 16);
  const route = texts.of(given.route, TEXT_LIMITS.route);
  const traceId = texts.of(given.traceId, 64);
  const request: Filling<AuditRequest> = {};
  if (id !== undefined) request.id = id;
  if (ip !== undefined) request.ip = ip;
  if (userAgent !== undefined) request.userAgent = userAgent;
  if (method !== undefined) request.method = method;
  if (route !== undefined) request.route = route;
  if (isWithin(statusCode, MAX_STATUS_CODE) && Number.isInteger(statusCode)) request.statusCode = statusCode;
  if (isWithin(durationMs, MAX_DURATION_MS)) request.durationMs = normalizeDuration(durationMs);
  if (traceId !== undefined) request.traceId = traceId;
  return isEmpty(request) ? undefined : Object.freeze(request);
}

function isWithin(value: unknown, max: number): value is number {
  return typeof value === 'number' && value >= 0 && value <= max;
}

/** Rounds a duration to microseconds. */
function normalizeDuration(durationMs: number): number {
  return Math.round(durationMs * 1_000) / 1_000 + 0; // + 0, since JSON has no negative zero
}

/** The actions that change settings: their values are masked unless the setting's name is known to be harmless. */
const SETTING_ACTIONS: ReadonlySet<string> = new Set([
  'admin_config_change',
  'configuration_change',
  'settings_change',
]);

/** Returns the name of the setting that an event changes, if its changes do not name it. */
function settingOf(given: (name: keyof AuditInput) => unknown): unknown {
  const details = given('details');
  const named = ['configKey', 'settingKey', 'setting', 'key', 'name'].map((name) => readFieldSafely(details, name));
  return named.find((name) => typeof name === 'string') ?? readFieldSafely(given('resource'), 'id');
}

function buildSettingChanges(
  given: unknown,
  setting: unknown,
  budget: ByteBudget,
  { isSecretName, anonymizer }: Redaction,
): AuditChanges | undefined {
  const { harmlessSettings } = isSecretName;
  const isHidden = (name: string): boolean =>
    isSecretName(name) ||
    (kindOfName(name) === NAME_KIND.plain && !/^\d*$/.test(name) && !isHarmlessSetting(name, harmlessSettings));
  const hides: SecretNameTest = Object.assign(isHidden, { harmlessSettings });
  const isHarmless = typeof setting === 'string' && !hides(setting);
  const side = (name: string): unknown => {
    const value = readFieldSafely(given, name);
    return isHarmless || value === null || !SCALARS.has(typeof value) ? value : REDACTED;
  };
  const sides = { before: side('before'), after: side('after'), diff: readFieldSafely(given, 'diff') };
  const json = new JsonNormalizer(hides, budget, anonymizer);
  return buildChanges(given === undefined ? undefined : sides, json, budget, { isSecretName: hides, anonymizer });
}

const SCALARS: ReadonlySet<string> = new Set(['string', 'number', 'bigint']);

/** Builds the changes. The diff comes first, since it holds the most information in the least room. */
function buildChanges(
  given: unknown,
  json: JsonNormalizer,
  budget: ByteBudget,
  redaction: Redaction,
): AuditChanges | undefined {
  if (given === undefined) return undefined;
  const before = readFieldSafely(given, 'before');
  const after = readFieldSafely(given, 'after');
  const givenDiff = readFieldSafely(given, 'diff');
  const diff =
    givenDiff === undefined && before !== undefined && after !== undefined
      ? computeDiff(before, after, budget, redaction)
      : json.normalize(maskGivenDiff(givenDiff, redaction.isSecretName, redaction.anonymizer));
  const normalBefore = json.normalize(before);
  const normalAfter = json.normalize(after);
  const changes: Filling<AuditChanges> = {};
  if (normalBefore !== undefined) changes.before = normalBefore;
  if (normalAfter !== undefined) changes.after = normalAfter;
  if (diff !== undefined) changes.diff = diff;
  return isEmpty(changes) ? undefined : Object.freeze(changes);
}

/**
 * Builds the changes of two parsed states. It does less than {@link buildChanges} if most of their fields are equal; `undefined` if
 * something would be cut.
 */
function buildParsedChanges(
  given: AuditInput['changes'],
  budget: ByteBudget,
  redaction: Redaction,
): AuditChanges | undefined {
  const { before, after } = given ?? {};
  if (!isFields(before) || !isFields(after)) return undefined;
  const trial = new ByteBudget(budget.remaining);
  const normalizer = new JsonNormalizer(redaction.isSecretName, trial, redaction.anonymizer);
  const states = normalizer.normalizeStates(before, after);
  const diff = computeDiff(without(before, states.same), without(after, states.same), trial, redaction);
  if (trial.exceeded) return undefined;
  budget.take(trial.spent);
  return Object.freeze({ before: states.before, after: states.after, diff });
}

function isFields(state: unknown): state is JsonObject {
  return typeof state === 'object' && state !== null && !Array.isArray(state);
}

function without(state: JsonObject, names: ReadonlyMap<string, unknown>): JsonObject {
  const others: Record<string, JsonValue> = {};
  for (const name of Object.keys(state)) {
    if (names.has(name)) continue;
    // An assignment would set the prototype.
    if (name === '__proto__') Object.defineProperty(others, name, { value: state[name], enumerable: true });
    else others[name] = state[name] ?? null;
  }
  return others;
}

function computeDiff(before: unknown, after: unknown, budget: ByteBudget, redaction: Redaction): JsonValue {
  const diff = diffValues(before, after, redaction, Math.min(MAX_DIFF_BYTES, budget.remaining));
  if (isDiffTruncated(diff)) budget.exceeded = true;
  budget.take(Buffer.byteLength(JSON.stringify(diff)));
  return diff;
}

/** Builds the facts of an error. Never its stack, which is long and may hold anything. */
function buildError(error: unknown, texts: OwnTexts): AuditErrorFacts | undefined {
  if (error === undefined || error === null) return undefined;
  const given = readFieldSafely(error, 'message') ?? (typeof error === 'object' ? undefined : error);
  const facts: Filling<AuditErrorFacts> = {
    name: texts.of(readFieldSafely(error, 'name'), TEXT_LIMITS.name) ?? 'NonError',
  };
  const code = texts.of(readFieldSafely(error, 'code'), TEXT_LIMITS.name);
  const message = texts.of(given, TEXT_LIMITS.message);
  if (code !== undefined) facts.code = code;
  if (message !== undefined) facts.message = message;
  return Object.freeze(facts);
}

/** Merges the metadata. The event's own fields take precedence, and come first, in case there is no room for all. */
function metadataOf(own: JsonObject, ambient: object | undefined, json: JsonNormalizer): JsonObject {
  if (ambient === undefined) return own;
  const others = asObject(json.normalize(ambient));
  return isEmpty(own) ? others : { ...own, ...others, ...own };
}

/** Adds given values that were not used, under names that the metadata do not have. */
function withGiven(metadata: JsonObject, given: Readonly<Record<string, string | undefined>>): JsonObject {
  let whole = metadata;
  for (const name in given) {
    const text = given[name];
    if (text !== undefined && !(name in metadata)) whole = { ...whole, [name]: text };
  }
  return Object.freeze(whole);
}

const EMPTY: JsonObject = Object.freeze({});

function asObject(value: JsonValue | undefined): JsonObject {
  if (value === undefined || value === null) return EMPTY;
  if (typeof value === 'object' && !Array.isArray(value)) return value as JsonObject; // neither null nor an array
  return Object.freeze({ value });
}

/** An object being filled. Its fields are set one by one, since copying the defined ones from a literal takes three times as long. */
type Filling<T> = { -readonly [Name in keyof T]: T[Name] };

function isEmpty(fields: object): boolean {
  for (const _name in fields) return false;
  return true;
}

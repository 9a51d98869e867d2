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
import { TruncationBudget } from './truncation-budget.js';
import { maskGivenDiff } from './diff-given.js';
import { noteBytes } from './event-bytes.js';
import {
  diffStates,
  diffValues,
  isDiffTruncated,
  MAX_DIFF_BYTES,
  type AuditDiffEntry,
  type Redaction,
} from './diff-values.js';
import { isHarmlessSetting } from './redaction/secret-pairs.js';
import { normalizeIp } from './normalize-ip.js';
import { JsonNormalizer } from './normalize-json.js';
import { TEXT_LIMITS, OwnTexts } from './normalize-text.js';
import { isTenantIdShape } from './fact-shapes.js';
import { kindOfName, NAME_KIND } from './redaction/plain-names.js';
import { definedFields } from './merge-fields.js';
import { readFieldSafely } from './read-safely.js';
import { REDACTED, type SecretNameTest } from './redaction/redact-names.js';
import { ACTOR_TYPES, defaultSeverity, foldSeverity, isOneOf } from './outcomes.js';

/** Bytes reserved for an event's own, bounded fields and its punctuation. */
const OWN_FIELDS_BYTES = 24 * 1024;

/** The approximate size of the names, the punctuation and the short fields of a usual event. */
const OWN_NAMES_BYTES = 512;

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
  return definedFields({
    actor: buildActor(parts.actor, texts),
    tenantId: isTenant(tenantId, parts) ? tenantId : undefined,
    request: buildRequest(parts.request, texts),
    reason: texts.of(givenReason, TEXT_LIMITS.reason),
  });
}

/**
 * Builds the frozen event: normalised, redacted, bounded to {@link MAX_EVENT_BYTES}. Never throws, whatever the input holds; a value that
 * cannot be kept becomes a text that describes it.
 */
export function buildEvent(parts: EventParts): AuditEvent {
  const { resolved, input, isSecretName, anonymizer, detailsIssues = [] } = parts;
  const budget = new TruncationBudget(MAX_EVENT_BYTES - OWN_FIELDS_BYTES);
  const json = new JsonNormalizer(isSecretName, budget, anonymizer);
  const texts = new OwnTexts(budget, anonymizer);
  const given = (name: keyof AuditInput): unknown => readFieldSafely(input, name);
  if (detailsIssues.length > 0) budget.take(Buffer.byteLength(JSON.stringify(detailsIssues))); // first, so that they fit
  const details = asObject(json.normalize(given('details')));
  const changes = SETTING_ACTIONS.has(resolved.action)
    ? buildSettingChanges(given('changes'), settingOf(given), budget, { isSecretName, anonymizer })
    : buildChanges(given('changes'), budget, { isSecretName, anonymizer });
  const tenant = texts.of(given('tenantId') ?? parts.tenantId, TEXT_LIMITS.id);
  const tenantId = isTenant(tenant, parts) ? tenant : undefined;
  const metadata = withGiven(metadataOf(asObject(json.normalize(given('metadata'))), parts.ambientMetadata, json), {
    clientRequestId: texts.ofPerson(parts.clientRequestId, TEXT_LIMITS.id),
    operationId: parts.operationId,
    givenTenantId: tenantId === undefined ? texts.ofPerson(tenant, TEXT_LIMITS.id) : undefined,
  });
  const event = definedFields({
    id: parts.id,
    schemaVersion: 2 as const,
    occurredAt: parts.occurredAt.toISOString(),
    type: resolved.type,
    action: resolved.action,
    outcome: resolved.outcome,
    category: texts.of(given('category'), TEXT_LIMITS.name) ?? resolved.category,
    severity: foldSeverity(given('severity')) ?? resolved.severity ?? defaultSeverity(resolved.outcome),
    actor: buildActor(given('actor') ?? parts.actor, texts),
    tenantId,
    resource: buildResource(given('resource'), texts),
    request: buildRequest(parts.request, texts),
    changes,
    reason: texts.of(given('reason'), TEXT_LIMITS.reason),
    error: buildError(given('error'), texts),
    details,
    detailsIssues: detailsIssues.length > 0 ? detailsIssues : undefined,
    metadata,
    // last, since any of the fields may have been cut
    truncated: budget.exceeded ? (true as const) : undefined,
  });
  noteBytes(event, OWN_NAMES_BYTES + texts.length + budget.spent);
  return Object.freeze(event);
}

function isTenant(text: string | undefined, { keepsAnyTenantId }: Pick<EventParts, 'keepsAnyTenantId'>): boolean {
  return text !== undefined && (keepsAnyTenantId === true || isTenantIdShape(text));
}

function buildActor(given: unknown, texts: OwnTexts): AuditActor {
  const id = texts.of(readFieldSafely(given, 'id'), TEXT_LIMITS.id);
  const type = readFieldSafely(given, 'type');
  const actor = definedFields({
    type: isOneOf(ACTOR_TYPES, type) ? type : id === undefined ? 'anonymous' : 'user',
    id,
    name: texts.ofPerson(readFieldSafely(given, 'name'), TEXT_LIMITS.name),
    sessionId: texts.of(readFieldSafely(given, 'sessionId'), TEXT_LIMITS.id),
    onBehalfOf: buildPrincipal(readFieldSafely(given, 'onBehalfOf'), texts),
  });
  return Object.freeze(actor);
}

function buildPrincipal(given: unknown, texts: OwnTexts): AuditPrincipal | undefined {
  const id = texts.of(readFieldSafely(given, 'id'), TEXT_LIMITS.id);
  if (id === undefined) return undefined;
  const type = readFieldSafely(given, 'type');
  return Object.freeze({ type: isOneOf(ACTOR_TYPES, type) ? type : 'user', id });
}

const UNKNOWN_RESOURCE = 'unknown';

function buildResource(given: unknown, texts: OwnTexts): AuditResource | undefined {
  const id = texts.of(readFieldSafely(given, 'id'), TEXT_LIMITS.id);
  const type = texts.of(readFieldSafely(given, 'type'), TEXT_LIMITS.name) ?? (id === undefined ? id : UNKNOWN_RESOURCE);
  return type === undefined ? undefined : Object.freeze(definedFields({ type, id }));
}

function buildRequest(given: EventParts['request'], texts: OwnTexts): AuditRequest | undefined {
  if (!given) return undefined;
  const { durationMs, statusCode } = given;
  const address = texts.ofPerson(normalizeIp(given.ip), TEXT_LIMITS.name);
  const request = definedFields({
    id: texts.of(given.id, TEXT_LIMITS.id),
    ip: texts.anonymizer ? normalizeIp(address) : address, // a pseudonym may not be an address
    userAgent: texts.ofPerson(given.userAgent, TEXT_LIMITS.userAgent),
    method: texts.of(given.method, 16),
    route: texts.of(given.route, TEXT_LIMITS.route),
    statusCode: isWithin(statusCode, MAX_STATUS_CODE) && Number.isInteger(statusCode) ? statusCode : undefined,
    durationMs: isWithin(durationMs, MAX_DURATION_MS) ? normalizeDuration(durationMs) : undefined,
    traceId: texts.of(given.traceId, 64),
  });
  return isEmpty(request) ? undefined : Object.freeze(request);
}

function isWithin(value: unknown, max: number): value is number {
  return typeof value === 'number' && value >= 0 && value <= max;
}

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
  budget: TruncationBudget,
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
  return buildChanges(given === undefined ? undefined : sides, budget, { isSecretName: hides, anonymizer });
}

const SCALARS: ReadonlySet<string> = new Set(['string', 'number', 'bigint']);

/** Builds the changes. If there is not room for all, the diff comes first, since it holds the most information. */
function buildChanges(given: unknown, budget: TruncationBudget, redaction: Redaction): AuditChanges | undefined {
  if (given === undefined) return undefined;
  const { isSecretName, anonymizer } = redaction;
  const before = readFieldSafely(given, 'before');
  const after = readFieldSafely(given, 'after');
  const givenDiff = readFieldSafely(given, 'diff');
  if (givenDiff !== undefined || before === undefined || after === undefined) {
    const json = new JsonNormalizer(isSecretName, budget, anonymizer);
    const diff = json.normalize(maskGivenDiff(givenDiff, isSecretName, anonymizer));
    return changesOf(json.normalize(before), json.normalize(after), diff);
  }
  const trial = new TruncationBudget(budget.remaining);
  const whole = new JsonNormalizer(isSecretName, trial, anonymizer);
  const states = [whole.normalize(before), whole.normalize(after)] as const;
  if (!trial.exceeded) {
    const diff = whole.hasHidden ? diffValues(before, after, redaction) : diffStates(...states);
    if (takeDiff(diff, trial)) {
      budget.take(trial.spent);
      return changesOf(...states, diff);
    }
  }
  const diff = diffValues(before, after, redaction, Math.min(MAX_DIFF_BYTES, budget.remaining));
  takeDiff(diff, budget);
  const json = new JsonNormalizer(isSecretName, budget, anonymizer);
  return changesOf(json.normalize(before), json.normalize(after), diff);
}

function changesOf(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  diff: JsonValue | undefined,
): AuditChanges | undefined {
  const changes = definedFields({ before, after, diff });
  return isEmpty(changes) ? undefined : Object.freeze(changes);
}

/** Takes the room of a computed diff; false if something is cut. */
function takeDiff(diff: readonly AuditDiffEntry[], budget: TruncationBudget): boolean {
  if (isDiffTruncated(diff)) budget.exceeded = true;
  budget.take(Buffer.byteLength(JSON.stringify(diff)));
  return !budget.exceeded;
}

/** Builds the facts of an error. Never its stack, which is long and may hold anything. */
function buildError(error: unknown, texts: OwnTexts): AuditErrorFacts | undefined {
  if (error === undefined || error === null) return undefined;
  const given = readFieldSafely(error, 'message') ?? (typeof error === 'object' ? undefined : error);
  const facts = definedFields({
    name: texts.of(readFieldSafely(error, 'name'), TEXT_LIMITS.name) ?? 'NonError',
    code: texts.of(readFieldSafely(error, 'code'), TEXT_LIMITS.name),
    message: texts.of(given, TEXT_LIMITS.message),
  });
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

function isEmpty(fields: object): boolean {
  for (const _name in fields) return false;
  return true;
}

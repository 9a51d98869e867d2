import type { EventTypeFacts } from '../catalogue/event-type.js';
import type { Anonymizer } from './anonymize.js';
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
import { normalizeIp } from './normalize-ip.js';
import { JsonNormalizer } from './normalize-json.js';
import { TEXT_LIMITS } from './normalize-text.js';
import { OwnTexts } from './own-texts.js';
import { readFieldSafely } from './read-safely.js';
import { ACTOR_TYPES, defaultSeverity, isOneOf, SEVERITIES } from './outcomes.js';

/** Bytes kept free for an event's own, bounded fields and its punctuation. */
const OWN_FIELDS_BYTES = 24 * 1024;

/** About what the names, the punctuation and the short fields of a usual event take. */
const OWN_NAMES_BYTES = 512;

/** HTTP's have three digits. */
const MAX_STATUS_CODE = 999;

/** Thirty years; still exact in thousandths. */
const MAX_DURATION_MS = 1e12;

/** What {@link buildEvent} needs besides the caller's words. */
export interface EventParts {
  readonly id: string;
  readonly occurredAt: Date;
  readonly resolved: EventTypeFacts;
  readonly input: AuditInput<unknown>;
  /** What the catalogue says against the details; bounded, and without values. */
  readonly detailsIssues?: readonly AuditDetailsIssue[];
  /** Who and whose, where the input does not say. */
  readonly actor?: AuditActorInput | undefined;
  readonly tenantId?: string | undefined;
  readonly request: Partial<Record<keyof AuditRequest, unknown>> | undefined;
  readonly isSecretName: (name: string) => boolean;
  /** Present when the event is to be anonymised. */
  readonly anonymizer?: Anonymizer | undefined;
}

/**
 * Builds the frozen event: normalised, redacted, bounded to {@link MAX_EVENT_BYTES}. Never throws, whatever the input
 * holds; what cannot be kept as it is, is kept as a text that says what it was.
 */
export function buildEvent(parts: EventParts): AuditEvent {
  const { resolved, input, isSecretName, anonymizer, detailsIssues = [] } = parts;
  const budget = new ByteBudget(MAX_EVENT_BYTES - OWN_FIELDS_BYTES);
  const json = new JsonNormalizer(isSecretName, budget, anonymizer);
  const texts = new OwnTexts(budget, anonymizer);
  const given = (name: keyof AuditInput): unknown => readFieldSafely(input, name);
  if (detailsIssues.length > 0) budget.take(Buffer.byteLength(JSON.stringify(detailsIssues))); // first, so that they fit
  const details = asObject(json.normalize(given('details')));
  const changes = buildChanges(given('changes'), json, budget, { isSecretName, anonymizer });
  const metadata = asObject(json.normalize(given('metadata')));
  const severity = given('severity');
  const event = withoutUndefined({
    id: parts.id,
    schemaVersion: 1 as const,
    occurredAt: parts.occurredAt.toISOString(),
    type: resolved.type,
    action: resolved.action,
    outcome: resolved.outcome,
    category: texts.of(given('category'), TEXT_LIMITS.name) ?? resolved.category,
    severity: isOneOf(SEVERITIES, severity) ? severity : (resolved.severity ?? defaultSeverity(resolved.outcome)),
    actor: buildActor(given('actor') ?? parts.actor, texts),
    tenantId: texts.of(given('tenantId') ?? parts.tenantId, TEXT_LIMITS.id),
    resource: buildResource(given('resource'), texts),
    request: buildRequest(parts.request, texts),
    changes,
    reason: texts.of(given('reason'), TEXT_LIMITS.reason),
    error: buildError(given('error'), texts),
    details,
    detailsIssues: detailsIssues.length > 0 ? detailsIssues : undefined,
    metadata,
    truncated: budget.exceeded ? (true as const) : undefined, // last, since any of them may have been cut
  });
  noteBytes(event, OWN_NAMES_BYTES + texts.length + budget.spent);
  return Object.freeze(event);
}

function buildActor(given: unknown, texts: OwnTexts): AuditActor {
  const id = texts.of(readFieldSafely(given, 'id'), TEXT_LIMITS.id);
  const type = readFieldSafely(given, 'type');
  return Object.freeze(
    withoutUndefined({
      type: isOneOf(ACTOR_TYPES, type) ? type : id === undefined ? ('anonymous' as const) : ('user' as const),
      id,
      name: texts.ofPerson(readFieldSafely(given, 'name'), TEXT_LIMITS.name),
      sessionId: texts.of(readFieldSafely(given, 'sessionId'), TEXT_LIMITS.id),
      onBehalfOf: buildPrincipal(readFieldSafely(given, 'onBehalfOf'), texts),
    }),
  );
}

function buildPrincipal(given: unknown, texts: OwnTexts): AuditPrincipal | undefined {
  const id = texts.of(readFieldSafely(given, 'id'), TEXT_LIMITS.id);
  if (id === undefined) return undefined;
  const type = readFieldSafely(given, 'type');
  return Object.freeze({ type: isOneOf(ACTOR_TYPES, type) ? type : 'user', id });
}

function buildResource(given: unknown, texts: OwnTexts): AuditResource | undefined {
  const type = texts.of(readFieldSafely(given, 'type'), TEXT_LIMITS.name);
  if (type === undefined) return undefined;
  return Object.freeze(withoutUndefined({ type, id: texts.of(readFieldSafely(given, 'id'), TEXT_LIMITS.id) }));
}

function buildRequest(given: EventParts['request'], texts: OwnTexts): AuditRequest | undefined {
  if (!given) return undefined;
  const { durationMs, statusCode } = given;
  const ip = texts.ofPerson(normalizeIp(given.ip), TEXT_LIMITS.name);
  const request = withoutUndefined({
    id: texts.of(given.id, TEXT_LIMITS.id),
    ip: texts.anonymizer ? normalizeIp(ip) : ip, // a pseudonym may be none
    userAgent: texts.ofPerson(given.userAgent, TEXT_LIMITS.userAgent),
    method: texts.of(given.method, 16),
    route: texts.of(given.route, TEXT_LIMITS.route),
    statusCode: isWithin(statusCode, MAX_STATUS_CODE) && Number.isInteger(statusCode) ? statusCode : undefined,
    durationMs: isWithin(durationMs, MAX_DURATION_MS) ? normalizeDuration(durationMs) : undefined,
    traceId: texts.of(given.traceId, 64),
  });
  return Object.keys(request).length === 0 ? undefined : Object.freeze(request);
}

function isWithin(value: unknown, max: number): value is number {
  return typeof value === 'number' && value >= 0 && value <= max;
}

/** To the microsecond. */
function normalizeDuration(durationMs: number): number {
  return Math.round(durationMs * 1_000) / 1_000 + 0; // + 0, since JSON knows no negative zero
}

/** The diff first, since it says the most in the least room. */
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
  const changes = withoutUndefined({ before: json.normalize(before), after: json.normalize(after), diff });
  return Object.keys(changes).length === 0 ? undefined : Object.freeze(changes);
}

function computeDiff(before: unknown, after: unknown, budget: ByteBudget, redaction: Redaction): JsonValue {
  const diff = diffValues(before, after, redaction, Math.min(MAX_DIFF_BYTES, budget.remaining));
  if (isDiffTruncated(diff)) budget.exceeded = true;
  budget.take(Buffer.byteLength(JSON.stringify(diff)));
  return diff;
}

/** Never a stack: it is long, and may hold anything. */
function buildError(error: unknown, texts: OwnTexts): AuditErrorFacts | undefined {
  if (error === undefined || error === null) return undefined;
  const given = readFieldSafely(error, 'message') ?? (typeof error === 'object' ? undefined : error);
  return Object.freeze(
    withoutUndefined({
      name: texts.of(readFieldSafely(error, 'name'), TEXT_LIMITS.name) ?? 'NonError',
      code: texts.of(readFieldSafely(error, 'code'), TEXT_LIMITS.name),
      message: texts.of(given, TEXT_LIMITS.message),
    }),
  );
}

const EMPTY: JsonObject = Object.freeze({});

function asObject(value: JsonValue | undefined): JsonObject {
  if (value === undefined || value === null) return EMPTY;
  if (typeof value === 'object' && !Array.isArray(value)) return value as JsonObject; // neither null nor an array
  return Object.freeze({ value });
}

type WithoutUndefined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

function withoutUndefined<T extends object>(fields: T): WithoutUndefined<T> {
  const out: Record<string, unknown> = {};
  for (const name of Object.keys(fields)) {
    const value = fields[name as keyof T]; // one of its keys
    if (value !== undefined) out[name] = value;
  }
  return out as WithoutUndefined<T>; // the same fields, less the undefined ones
}

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
import { diffValues, isDiffTruncated, MAX_DIFF_BYTES, type Redaction } from './diff-values.js';
import { normalizeIp } from './normalize-ip.js';
import { JsonNormalizer } from './normalize-json.js';
import { normalizeText, TEXT_LIMITS } from './normalize-text.js';
import { readSafely } from './read-safely.js';
import { ACTOR_TYPES, defaultSeverity, isOneOf, SEVERITIES } from './outcomes.js';

/** Bytes kept free for an event's own, bounded fields and its punctuation. */
const OWN_FIELDS_BYTES = 24 * 1024;

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
  const { id, occurredAt, resolved, input, request, isSecretName, anonymizer, detailsIssues = [] } = parts;
  const budget = new ByteBudget(MAX_EVENT_BYTES - OWN_FIELDS_BYTES);
  const json = new JsonNormalizer(isSecretName, budget, anonymizer);
  const given = fieldsOf(input);
  const text: TextOf = (value, limit) => normalizeText(value, limit, budget);
  if (detailsIssues.length > 0) budget.take(Buffer.byteLength(JSON.stringify(detailsIssues))); // first, so that they fit
  const personal: TextOf = (value, limit) => {
    const plain = text(value, limit);
    return plain === undefined ? undefined : (anonymizer?.pseudonym(plain) ?? plain);
  };
  const details = asObject(json.normalize(given('details')));
  const changes = buildChanges(fieldsOf(given('changes')), json, budget, { isSecretName, anonymizer });
  const metadata = asObject(json.normalize(given('metadata')));
  const severity = given('severity');
  const event = {
    id,
    schemaVersion: 1 as const,
    occurredAt: occurredAt.toISOString(),
    type: resolved.type,
    action: resolved.action,
    outcome: resolved.outcome,
    category: text(given('category'), TEXT_LIMITS.name) ?? resolved.category,
    severity: isOneOf(SEVERITIES, severity) ? severity : (resolved.severity ?? defaultSeverity(resolved.outcome)),
    actor: buildActor(fieldsOf(given('actor') ?? parts.actor), text, personal),
    tenantId: text(given('tenantId') ?? parts.tenantId, TEXT_LIMITS.id),
    resource: buildResource(fieldsOf(given('resource')), text),
    request: buildRequest(fieldsOf(request), text, personal),
    changes,
    reason: text(given('reason'), TEXT_LIMITS.reason),
    error: buildError(given('error'), text),
    details,
    detailsIssues: detailsIssues.length > 0 ? detailsIssues : undefined,
    metadata,
  };
  return Object.freeze(withoutUndefined({ ...event, truncated: budget.exceeded ? (true as const) : undefined }));
}

type TextOf = (value: unknown, limit: number) => string | undefined;
type FieldsOf = (name: string) => unknown;

/** A reader of a value's fields: `undefined` for those that are not there or throw, and for all of what is no object. */
function fieldsOf(value: unknown): FieldsOf {
  if (typeof value !== 'object' || value === null) return () => undefined;
  return (name) => readSafely(() => (value as Readonly<Record<string, unknown>>)[name]); // any object may be asked
}

function buildActor(given: FieldsOf, text: TextOf, personal: TextOf): AuditActor {
  const id = text(given('id'), TEXT_LIMITS.id);
  const type = given('type');
  return Object.freeze(
    withoutUndefined({
      type: isOneOf(ACTOR_TYPES, type) ? type : id === undefined ? ('anonymous' as const) : ('user' as const),
      id,
      name: personal(given('name'), TEXT_LIMITS.name),
      sessionId: text(given('sessionId'), TEXT_LIMITS.id),
      onBehalfOf: buildPrincipal(fieldsOf(given('onBehalfOf')), text),
    }),
  );
}

function buildPrincipal(given: FieldsOf, text: TextOf): AuditPrincipal | undefined {
  const id = text(given('id'), TEXT_LIMITS.id);
  if (id === undefined) return undefined;
  const type = given('type');
  return Object.freeze({ type: isOneOf(ACTOR_TYPES, type) ? type : 'user', id });
}

function buildResource(given: FieldsOf, text: TextOf): AuditResource | undefined {
  const type = text(given('type'), TEXT_LIMITS.name);
  if (type === undefined) return undefined;
  return Object.freeze(withoutUndefined({ type, id: text(given('id'), TEXT_LIMITS.id) }));
}

function buildRequest(given: FieldsOf, text: TextOf, personal: TextOf): AuditRequest | undefined {
  const durationMs = given('durationMs');
  const statusCode = given('statusCode');
  const request = withoutUndefined({
    id: text(given('id'), TEXT_LIMITS.id),
    ip: normalizeIp(personal(normalizeIp(given('ip')), TEXT_LIMITS.name)),
    userAgent: personal(given('userAgent'), TEXT_LIMITS.userAgent),
    method: text(given('method'), 16),
    route: text(given('route'), TEXT_LIMITS.route),
    statusCode: isWithin(statusCode, MAX_STATUS_CODE) && Number.isInteger(statusCode) ? statusCode : undefined,
    durationMs: isWithin(durationMs, MAX_DURATION_MS) ? normalizeDuration(durationMs) : undefined,
    traceId: text(given('traceId'), 64),
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
  given: FieldsOf,
  json: JsonNormalizer,
  budget: ByteBudget,
  redaction: Redaction,
): AuditChanges | undefined {
  const [before, after, givenDiff] = [given('before'), given('after'), given('diff')];
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
function buildError(error: unknown, text: TextOf): AuditErrorFacts | undefined {
  if (error === undefined || error === null) return undefined;
  const given = fieldsOf(error);
  const name = text(given('name'), TEXT_LIMITS.name);
  const message = text(given('message') ?? (typeof error === 'object' ? undefined : error), TEXT_LIMITS.message);
  return Object.freeze(
    withoutUndefined({ name: name ?? 'NonError', code: text(given('code'), TEXT_LIMITS.name), message }),
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
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) out[name] = value;
  return out as WithoutUndefined<T>; // the same fields, less the undefined ones
}

import { isIP } from 'node:net';
import type { ResolvedEventType } from '../catalogue/catalogue.js';
import {
  MAX_EVENT_BYTES,
  type AuditActor,
  type AuditChanges,
  type AuditErrorFacts,
  type AuditEvent,
  type AuditPrincipal,
  type AuditRequest,
  type AuditResource,
  type JsonObject,
  type JsonValue,
} from './audit-event.js';
import type { AuditActorInput, AuditInput, AuditResourceInput } from './audit-input.js';
import { ByteBudget } from './byte-budget.js';
import { JsonNormalizer } from './normalize-json.js';
import { normalizeText, TEXT_LIMITS } from './normalize-text.js';
import { ACTOR_TYPES, defaultSeverity, isOneOf, SEVERITIES } from './outcomes.js';

/** Bytes kept free for an event's own, bounded fields and its punctuation. */
const OWN_FIELDS_BYTES = 24 * 1024;

/** What {@link buildEvent} needs besides the caller's words. */
export interface EventParts {
  readonly id: string;
  readonly occurredAt: Date;
  readonly resolved: ResolvedEventType;
  readonly input: AuditInput;
  readonly request: AuditRequest | undefined;
  readonly isSecretName: (name: string) => boolean;
}

/**
 * Builds the frozen event: normalised, redacted, bounded to {@link MAX_EVENT_BYTES}. Never throws, whatever the input
 * holds; what cannot be kept as it is, is kept as a text that says what it was.
 */
export function buildEvent(parts: EventParts): AuditEvent {
  const { id, occurredAt, resolved, input, isSecretName } = parts;
  const budget = new ByteBudget(MAX_EVENT_BYTES - OWN_FIELDS_BYTES);
  const json = new JsonNormalizer(isSecretName, budget);
  const details = asObject(json.normalize(input.details));
  const changes = buildChanges(input.changes, json);
  const metadata = asObject(json.normalize(input.metadata));
  const severity = isOneOf(SEVERITIES, input.severity) ? input.severity : undefined;
  return Object.freeze(
    withoutUndefined({
      id,
      schemaVersion: 1 as const,
      occurredAt: occurredAt.toISOString(),
      type: resolved.type,
      action: resolved.action,
      outcome: resolved.outcome,
      category: normalizeText(input.category, TEXT_LIMITS.name) ?? resolved.category,
      severity: severity ?? resolved.severity ?? defaultSeverity(resolved.outcome),
      actor: buildActor(input.actor),
      tenantId: normalizeText(input.tenantId, TEXT_LIMITS.id),
      resource: buildResource(input.resource),
      request: buildRequest(parts.request),
      changes,
      reason: normalizeText(input.reason, TEXT_LIMITS.reason),
      error: buildError(input.error),
      details,
      metadata,
      truncated: budget.exceeded ? (true as const) : undefined,
    }),
  );
}

function buildActor(actor: AuditActorInput | null | undefined): AuditActor {
  if (!actor) return Object.freeze({ type: 'anonymous' });
  const id = normalizeText(actor.id, TEXT_LIMITS.id);
  return Object.freeze(
    withoutUndefined({
      type: isOneOf(ACTOR_TYPES, actor.type) ? actor.type : id === undefined ? 'anonymous' : 'user',
      id,
      name: normalizeText(actor.name, TEXT_LIMITS.name),
      sessionId: normalizeText(actor.sessionId, TEXT_LIMITS.id),
      onBehalfOf: buildPrincipal(actor.onBehalfOf),
    }),
  );
}

function buildPrincipal(principal: AuditActorInput['onBehalfOf']): AuditPrincipal | undefined {
  const id = normalizeText(principal?.id, TEXT_LIMITS.id);
  if (id === undefined) return undefined;
  return Object.freeze({ type: isOneOf(ACTOR_TYPES, principal?.type) ? principal.type : 'user', id });
}

function buildResource(resource: AuditResourceInput | undefined): AuditResource | undefined {
  const type = normalizeText(resource?.type, TEXT_LIMITS.name);
  if (type === undefined) return undefined;
  return Object.freeze(withoutUndefined({ type, id: normalizeText(resource?.id, TEXT_LIMITS.id) }));
}

function buildRequest(request: AuditRequest | undefined): AuditRequest | undefined {
  if (request === undefined) return undefined;
  return Object.freeze(
    withoutUndefined({
      id: normalizeText(request.id, TEXT_LIMITS.id),
      ip: normalizeIp(request.ip),
      userAgent: normalizeText(request.userAgent, TEXT_LIMITS.userAgent),
      method: normalizeText(request.method, 16),
      route: normalizeText(request.route, TEXT_LIMITS.route),
      statusCode: request.statusCode,
      durationMs: request.durationMs === undefined ? undefined : Math.round(request.durationMs * 1_000) / 1_000,
      traceId: normalizeText(request.traceId, 64),
    }),
  );
}

function buildChanges(changes: AuditInput['changes'] | null, json: JsonNormalizer): AuditChanges | undefined {
  if (!changes) return undefined;
  return Object.freeze(
    withoutUndefined({
      before: json.normalize(changes.before),
      after: json.normalize(changes.after),
      diff: json.normalize(changes.diff),
    }),
  );
}

function buildError(error: unknown): AuditErrorFacts | undefined {
  if (error === undefined || error === null) return undefined;
  if (!(error instanceof Error)) {
    return Object.freeze(withoutUndefined({ name: 'NonError', message: normalizeText(error, TEXT_LIMITS.message) }));
  }
  try {
    return Object.freeze(
      withoutUndefined({
        name: normalizeText(error.name, TEXT_LIMITS.name) ?? 'Error',
        code: 'code' in error ? normalizeText(error.code, TEXT_LIMITS.name) : undefined,
        message: normalizeText(error.message, TEXT_LIMITS.message),
      }),
    );
  } catch {
    return Object.freeze({ name: 'UnreadableError' });
  }
}

/** An IPv4-mapped address as IPv4, without an interface name (PostgreSQL's `inet` has none); `undefined` for no address. */
export function normalizeIp(ip: string | undefined): string | undefined {
  if (ip === undefined) return undefined;
  const bare = ip.split('%', 1)[0] ?? ip;
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(bare)?.[1] ?? bare;
  return isIP(mapped) === 0 ? undefined : mapped;
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

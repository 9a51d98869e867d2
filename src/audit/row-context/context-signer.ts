import { createSecretKey, type KeyObject } from 'node:crypto';
import { signContext } from './sign-context.js';
import { type AuditScope, isAnonymousScope, type ScopedOperation } from '../context/audit-scope.js';
import type { AuditedOperation } from '../capture/audited-operation.js';
import { getReason } from '../capture/audit-reason.decorator.js';
import { findLiveRecorder } from '../context/live-recorders.js';
import { buildContextFacts, type ContextFacts } from '../event/build-event.js';
import { generateEventId } from '../event/generate-event-id.js';
import { buildScopeRequest } from '../../base/event/request-fields.js';

/** The actor and the operation of a row change: the result of `audit_context()` in the database. */
export interface RowContext extends ContextFacts {
  readonly operation: {
    /** The id of the operation; the operation's event has this id as `metadata.operationId`. */
    readonly id: string;
    readonly action?: string;
  };
  /** Set within `AuditContext.ignore`. The event of the row change then has no values. */
  readonly ignored?: true;
}

function buildRowContext(scope: AuditScope): RowContext | undefined {
  if (isAnonymousScope(scope)) return undefined;
  const operation = getOperation(scope);
  const audited = operation.audited as AuditedOperation | undefined; // only claimCall and openCall set `audited`
  const [entry] = audited?.entries ?? [];
  const annotation = audited?.scope.annotation ?? (scope.annotated ?? scope).annotation;
  const reason = annotation?.reason ?? (audited && getReason(audited));
  const input = entry ? { name: entry.name, privacy: entry.options, reason } : { reason };
  const events = findLiveRecorder(scope)?.events;
  const { action, ...facts } = events ? events.getContext(scope, input) : omitApplication(scope, reason);
  operation.id ??= generateEventId();
  return {
    ...facts,
    operation: action === undefined ? { id: operation.id } : { id: operation.id, action },
    ...(scope.ignored?.isOn === true && { ignored: true }),
  };
}

function omitApplication(scope: AuditScope, reason: unknown): ContextFacts & { readonly action?: string } {
  const { actor, tenantId, onBehalfOf } = scope;
  const acting = onBehalfOf && !actor?.onBehalfOf ? { ...actor, onBehalfOf } : actor;
  return buildContextFacts({ actor: acting, tenantId, request: buildScopeRequest(scope) }, reason);
}

function getOperation(scope: AuditScope): ScopedOperation {
  if (scope.operation) return scope.operation;
  const operation: ScopedOperation = {};
  for (let each: AuditScope | undefined = scope; each && !each.operation; each = each.outer) each.operation = operation;
  return operation;
}

/** Shorter than the five minutes for which the database accepts a signed context. */
const RENEW_SIGNATURE_MS = 60_000;

interface Signed {
  readonly facts: string;
  readonly atMs: number;
  readonly setting: string;
}

/** Makes the value of the setting `audit.context`. */
export class ContextSigner {
  private readonly key: KeyObject;
  private readonly signed = new WeakMap<AuditScope, Signed>();

  constructor(
    key: string,
    private readonly now: () => number = Date.now,
  ) {
    this.key = createSecretKey(Buffer.from(key));
  }

  /** Returns the setting for statements in `scope`, or '' without a context. Reuses the signature of unchanged values. */
  getSetting(scope: AuditScope | undefined): string {
    const context = scope && buildRowContext(scope);
    if (!context) return '';
    const facts = JSON.stringify(context);
    const before = this.signed.get(scope);
    const atMs = this.now();
    if (before?.facts === facts && Math.abs(atMs - before.atMs) < RENEW_SIGNATURE_MS) return before.setting;
    const setting = signContext(this.key, facts, atMs);
    this.signed.set(scope, { facts, atMs, setting });
    return setting;
  }
}

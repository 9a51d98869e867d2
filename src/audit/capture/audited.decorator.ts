import type { AuditFailurePolicy } from '../audit-options.js';
import type { AuditEventName } from '../catalogue/details-of.js';
import { EVENT_NAME_PATTERN } from '../catalogue/event-name.js';
import { InvalidEventNameError } from '../errors/invalid-event-name.error.js';
import type { AuditActorInput, AuditResourceInput } from '../event/audit-input.js';
import type { AuditSeverity } from '../event/outcomes.js';

/** A value whose shape only the caller knows. Annotate the callback to have it checked: `({ result }: AuditedCall<OrderView>) => …`. */
export interface UncheckedValue {
  readonly [name: string]: UncheckedValue;
}

/** What the options' callbacks see of the call. `result` is there after success, `error` after a failure. */
export interface AuditedCall<Result = UncheckedValue> {
  /** The framework's request. */
  readonly request: UncheckedValue;
  readonly result: Result;
  readonly error: unknown;
}

/** Options of {@link Audited}. A callback that throws costs its field, never the event. */
export interface AuditedOptions<Result = UncheckedValue> {
  readonly resource?: (call: AuditedCall<Result>) => { readonly type: string; readonly id?: unknown } | undefined;
  readonly actor?: (call: AuditedCall<Result>) => AuditActorInput | undefined;
  readonly tenantId?: (call: AuditedCall<Result>) => unknown;
  readonly details?: (call: AuditedCall<Result>) => object | undefined;
  /** Whether this call is of this name, where several share a route. A callback that throws says yes. @defaultValue always */
  readonly when?: (call: AuditedCall<Result>) => boolean;
  /** Also record `attempted`, before the handler runs. @defaultValue false */
  readonly attempt?: boolean;
  readonly severity?: AuditSeverity;
  /** For this route alone. Default: the application's. */
  readonly onFailure?: AuditFailurePolicy;
}

/** One `@Audited` on a handler. */
export interface AuditedEntry {
  readonly name: AuditEventName;
  readonly options: Omit<AuditedOptions, 'resource'> & {
    readonly resource?: (call: AuditedCall) => AuditResourceInput | undefined;
  };
}

const AUDITED = Symbol('nestjs-audit-ledger.audited');
const NOT_AUDITED = Symbol('nestjs-audit-ledger.not-audited');

/**
 * Records one event for each call of the route (or of each route of a controller): the outcome follows from what the
 * guards, the pipes and the handler do. Several on one handler record several events; those on a method replace those on
 * its controller.
 *
 * @throws InvalidEventNameError (`AUDIT_EVENT_NAME_INVALID`) when the class is loaded
 */
export function Audited<Result = UncheckedValue>(
  name: AuditEventName,
  options: AuditedOptions<Result> = {},
): ClassDecorator & MethodDecorator {
  if (!EVENT_NAME_PATTERN.test(name)) throw new InvalidEventNameError(name);
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const host = hostOf(target, descriptor);
    const outer = ownEntries(host);
    // The callbacks get what the handler really returned: the annotation of their parameter is the caller's word for it.
    const entry = { name, options } as unknown as AuditedEntry;
    Reflect.defineMetadata(AUDITED, [entry, ...outer], host);
  };
}

/** Says that a route is left out on purpose, and why. On a method it overrides the controller's `@Audited`. */
export function NotAudited(reason: string): ClassDecorator & MethodDecorator {
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    Reflect.defineMetadata(NOT_AUDITED, reason, hostOf(target, descriptor));
  };
}

/** What is to be recorded for a handler: its own entries, else its controller's, else none. */
export function auditedEntries(controller: object, handler: object): readonly AuditedEntry[] {
  const own = entriesOf(handler);
  if (own.length > 0) return own;
  if (Reflect.hasMetadata(NOT_AUDITED, handler)) return [];
  return entriesOf(controller);
}

function hostOf(target: object, descriptor: PropertyDescriptor | undefined): object {
  const method: unknown = descriptor?.value;
  return typeof method === 'function' ? method : target;
}

function ownEntries(host: object): readonly AuditedEntry[] {
  return (Reflect.getOwnMetadata(AUDITED, host) as readonly AuditedEntry[] | undefined) ?? []; // written by Audited alone
}

function entriesOf(host: object): readonly AuditedEntry[] {
  return (Reflect.getMetadata(AUDITED, host) as readonly AuditedEntry[] | undefined) ?? []; // written by Audited alone
}

/** Why a handler is left out on purpose: what its own `@NotAudited` says, else its controller's; `undefined` without one. */
export function notAuditedReason(controller: object, handler: object): string | undefined {
  // Both are written by NotAudited alone.
  return (Reflect.getMetadata(NOT_AUDITED, handler) ?? Reflect.getMetadata(NOT_AUDITED, controller)) as
    string | undefined;
}

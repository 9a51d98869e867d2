import type { AuditEventName } from '../catalogue/define-audit-events.js';
import { EVENT_NAME_PATTERN } from '../catalogue/event-name.js';
import { checkCallOptions } from '../check-call-options.js';
import { auditMethod, detectMethodWait, type MethodWait } from './audited-method.js';
import type { AuditedEntry, AuditedOptions, UncheckedValue } from './audited-options.js';
import { replaceAfterDecorators, createMetadataDecorator, type Method } from './method-decorator.js';
import { auditErrors } from '../errors/audit.errors.js';

const AUDITED_METADATA = Symbol.for('nestjs-audit-ledger:audited');
const TRANSACTIONAL = Symbol.for('nestjs-audit-ledger:audited-transaction');
const WAIT_METADATA = Symbol.for('nestjs-audit-ledger:audited-wait');
const NOT_AUDITED = Symbol.for('nestjs-audit-ledger:not-audited');

/**
 * Records one event for each call of a method: a route, a message handler, a GraphQL operation, or any other method. The outcome depends on
 * the guards, the pipes and the method. On a controller, gateway or resolver, the decorator applies to each handler. On a method, the
 * decorator replaces the `@Audited` of the class. Several `@Audited` on one method record several events. The order of decorators does not
 * matter. An inherited method is audited, too; a method that overrides an inherited method needs its own decorator, as with Nest's
 * decorators.
 *
 * @throws `AUDIT_EVENT_NAME_INVALID`, `AUDIT_OPTIONS_INVALID` when the class is loaded
 */
export function Audited<Result = UncheckedValue, Args extends readonly unknown[] = readonly UncheckedValue[]>(
  name: AuditEventName,
  options: AuditedOptions<Result, Args> = {},
): ClassDecorator & MethodDecorator {
  if (!EVENT_NAME_PATTERN.test(name)) throw auditErrors.AUDIT_EVENT_NAME_INVALID(name);
  checkCallOptions('audited', options, `audit calls by @Audited('${name}')`);
  // The user of the decorator declares the types of the callbacks' parameters.
  const entry = { name, options } as unknown as AuditedEntry;
  return (target: object, key?: string | symbol) => {
    if (key === undefined) {
      Reflect.defineMetadata(AUDITED_METADATA, [entry, ...getOwnEntries(target)], target);
      return;
    }
    const entries = [entry, ...getOwnEntries(target, key)];
    Reflect.defineMetadata(AUDITED_METADATA, entries, target, key);
    if (entries.length > 1) return; // the first decorator wraps the method for all decorators
    replaceAfterDecorators(target, key, (method) => {
      const all = getOwnEntries(target, key);
      const wait = detectMethodWait(method, target, key);
      const audited = auditMethod(method, key, all, wait);
      Reflect.defineMetadata(AUDITED_METADATA, all, audited);
      Reflect.defineMetadata(WAIT_METADATA, wait, audited);
      return audited;
    });
  };
}

/**
 * Excludes a route from the audit on purpose, and states the reason. On a method, the decorator overrides the `@Audited` of the controller.
 * On a controller, the decorator overrides the `@Audited` of the base class.
 *
 * @throws `AUDIT_OPTIONS_INVALID` without a reason, when the class is loaded
 */
export function NotAudited(reason: string): ClassDecorator & MethodDecorator {
  if (typeof reason !== 'string' || reason.trim() === '')
    throw auditErrors.AUDIT_OPTIONS_INVALID(['the reason is missing'], undefined, 'exclude a handler by @NotAudited');
  return createMetadataDecorator(NOT_AUDITED, reason);
}

/** Returns the entries to record for a handler: the handler's own entries, otherwise the controller's entries. */
export function getAuditedEntries(controller: object, handler: object): readonly AuditedEntry[] {
  const own = getEntryList(handler);
  if (own.length > 0) return own;
  if (Reflect.hasMetadata(NOT_AUDITED, handler)) return [];
  const ofClass = getEntryList(controller);
  return ofClass.length > 0 && isExcluded(controller) ? [] : ofClass;
}

function isExcluded(controller: object): boolean {
  for (let each: object | null = controller; each; each = Reflect.getPrototypeOf(each)) {
    if (getOwnEntries(each).length > 0) return false;
    if (Reflect.hasOwnMetadata(NOT_AUDITED, each)) return true;
  }
  return false;
}

function getOwnEntries(target: object, key?: string | symbol): readonly AuditedEntry[] {
  const entries: unknown =
    key === undefined
      ? Reflect.getOwnMetadata(AUDITED_METADATA, target)
      : Reflect.getOwnMetadata(AUDITED_METADATA, target, key);
  return (entries as readonly AuditedEntry[] | undefined) ?? []; // only Audited writes these metadata
}

function getEntryList(host: object): readonly AuditedEntry[] {
  // Only Audited and setTransactional() write these metadata.
  const audited = Reflect.getMetadata(AUDITED_METADATA, host) as readonly AuditedEntry[] | undefined;
  const transactional = Reflect.getMetadata(TRANSACTIONAL, host) as readonly AuditedEntry[] | undefined;
  return transactional ? [...(audited ?? []), ...transactional] : (audited ?? []);
}

/** Returns how a caller can wait for the end of a method; `undefined` for a method without its own `@Audited`. */
export function getAuditedWait(method: object): MethodWait | undefined {
  return Reflect.getOwnMetadata(WAIT_METADATA, method) as MethodWait | undefined; // only Audited writes these metadata
}

/** Sets the entries of an `@AuditedTransaction` as metadata, for frameworks that call the method as a handler. */
export function setTransactional(
  target: object,
  key: string | symbol,
  method: Method,
  entries: readonly AuditedEntry[],
): void {
  const before = Reflect.getOwnMetadata(TRANSACTIONAL, target, key) as readonly AuditedEntry[] | undefined; // only this function writes these metadata
  const all = [...entries, ...(before ?? [])];
  Reflect.defineMetadata(TRANSACTIONAL, all, target, key);
  Reflect.defineMetadata(TRANSACTIONAL, all, method);
  replaceAfterDecorators(target, key, (finished) => {
    Reflect.defineMetadata(TRANSACTIONAL, Reflect.getOwnMetadata(TRANSACTIONAL, target, key), finished); // another decorator may have replaced the method
    return finished;
  });
}

/** Returns the reason in the handler's `@NotAudited`, otherwise in the controller's `@NotAudited`; `undefined` without a reason. */
export function getNotAuditedReason(controller: object, handler: object): string | undefined {
  // Only NotAudited writes these metadata.
  return (Reflect.getMetadata(NOT_AUDITED, handler) ?? Reflect.getMetadata(NOT_AUDITED, controller)) as
    string | undefined;
}

/** The part of Nest's ExecutionContext that {@link isAudited} needs. */
export interface CalledHandler {
  getClass(): object;
  getHandler(): object;
}

/** Whether `@Audited` records an event of the call. For a guard that records only the calls that `@Audited` does not record. */
export function isAudited(call: CalledHandler): boolean {
  return getAuditedEntries(call.getClass(), call.getHandler()).length > 0;
}

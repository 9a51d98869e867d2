import { concatMap, from, isObservable, of, throwError, type Observable } from 'rxjs';
import { currentScope, runInScope } from '../context/audit-context.js';
import { isOfTransactionAlone, nestScope, openScope, type AuditScope } from '../context/audit-scope.js';
import type { MethodWait } from './method-wait.js';
import type { AuditedEntry } from './audited-options.js';
import { InvalidOptionsError } from '../errors/invalid-options.error.js';
import { claimCall, type AuditedOperation } from './audited-operation.js';
import { dressAs, type Method } from './finish-method.js';
import { recorderFor } from './live-applications.service.js';
import type { OperationRecorder } from './operation-recorder.service.js';
import { recordAround } from './record-around.js';

/**
 * `method`, whose calls are recorded as `entries` say, each once, by the application that it is called in. A call that
 * a framework makes of a handler is recorded around guards, pipes and interceptors, and not here again.
 */
export function auditMethod(
  method: Method,
  key: string | symbol,
  entries: readonly AuditedEntry[],
  wait: MethodWait,
): Method {
  const audited: Method = function (...args) {
    const scope = currentScope();
    if (isTakenCareOf(scope, audited, key, this, args)) return method.apply(this, args);
    const recorder = recorderFor(this, scope);
    if (!recorder) return method.apply(this, args);
    const operation = openCall(scope, entries, args);
    claimCall(operation, audited, false);
    const proceed = (): unknown => runInScope(operation.scope, () => audited.apply(this, args));
    return recordCall(recorder, operation, wait, proceed);
  };
  return dressAs(method, audited);
}

/** Whether this is the call that the scope's operation is about, or one of the method that it overrides. */
function isTakenCareOf(
  scope: AuditScope | undefined,
  audited: Method,
  key: string | symbol,
  self: unknown,
  args: readonly unknown[],
): boolean {
  const call = scope?.call;
  if (!call) return false;
  if (call.begun) {
    return call.begun.self === self && call.begun.key === key && (call.byFramework || call.handler !== audited);
  }
  if (call.handler !== audited) return false;
  call.begun = { self, key };
  call.noteArgs(args);
  return true;
}

/** Outside of any request or job it is the application itself that acts. */
export function openCall(
  outer: AuditScope | undefined,
  entries: readonly AuditedEntry[],
  args: readonly unknown[],
): AuditedOperation {
  const scope =
    outer && !isOfTransactionAlone(outer)
      ? nestScope(outer)
      : { ...outer, ...openScope({ actor: { type: 'system' } }) };
  const request = scope.httpRequest;
  const body = (): unknown => (request as { readonly body?: unknown } | undefined)?.body; // where frameworks leave it
  const operation: AuditedOperation = { scope, entries, args, request, body, phase: 'handler' };
  scope.operation = { audited: operation };
  return operation;
}

function recordCall(
  recorder: OperationRecorder,
  operation: AuditedOperation,
  wait: MethodWait,
  proceed: () => unknown,
): unknown {
  if (wait === 'none') refuseClosed(recorder, operation);
  const refusal = recorder.refusalOf(operation);
  if (refusal) return refuseCall(recorder, operation, wait, refusal);
  const attempts = recorder.recordAttempts(operation);
  if (attempts && wait === 'promise') {
    return attempts.then(() => recordPromise(recorder, operation, new Promise((resolve) => resolve(proceed()))));
  }
  if (attempts && wait === 'observable') {
    const begin = (): Observable<unknown> => {
      const returned = proceed();
      return isObservable(returned) ? returned : of(returned);
    };
    return recordAround(recorder, operation, () => from(attempts).pipe(concatMap(begin)));
  }
  attempts?.catch(() => undefined); // who cannot wait for it cannot be told
  let returned: unknown;
  try {
    returned = proceed();
  } catch (error) {
    operation.thrown = { error };
    operation.phase = 'settled';
    recorder.recordEndInBackground(operation);
    throw error;
  }
  if (isObservable(returned)) return recordAround(recorder, operation, () => returned);
  if (isThenable(returned)) return recordPromise(recorder, operation, returned);
  operation.result = returned;
  operation.phase = 'settled';
  recorder.recordEndInBackground(operation);
  return returned;
}

/** Ends a call that is not made, as its caller expects it to end. @throws `refusal`, where the method is synchronous */
function refuseCall(
  recorder: OperationRecorder,
  operation: AuditedOperation,
  wait: MethodWait,
  refusal: Error,
): unknown {
  if (wait === 'promise') return recordPromise(recorder, operation, Promise.reject(refusal));
  if (wait === 'observable') return recordAround(recorder, operation, () => throwError(() => refusal));
  operation.thrown = { error: refusal };
  operation.phase = 'settled';
  recorder.recordEndInBackground(operation);
  throw refusal;
}

/** What starts at once can have nothing stored before it. @throws InvalidOptionsError (`AUDIT_OPTIONS_INVALID`) */
function refuseClosed(recorder: OperationRecorder, { entries }: AuditedOperation): void {
  const closed = entries.find((entry) => recorder.isClosed(entry));
  if (closed) throw new InvalidOptionsError([synchronousProblem(closed.name)]);
}

/** What is wrong with a method that returns no promise and must not run unaudited. */
export function synchronousProblem(name: string): string {
  return (
    `${name} is closed, and the method that it audits is synchronous, so that nothing can be stored before it starts ` +
    "(let it be async, or give it onFailure: 'open')"
  );
}

/** What `returned` resolves or rejects with, once the operation's events are recorded. */
export async function recordPromise(
  recorder: OperationRecorder,
  operation: AuditedOperation,
  returned: unknown,
): Promise<unknown> {
  try {
    operation.result = await returned;
  } catch (error) {
    operation.thrown = { error };
  }
  operation.phase = 'settled';
  await recorder.recordEnd(operation);
  if (operation.thrown) throw operation.thrown.error;
  return operation.result;
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

import { concatMap, from, isObservable, of, Observable } from 'rxjs';
import { currentScope, runInScope } from '../context/audit-context.js';
import type { AuditScope } from '../context/audit-scope.js';
import type { AuditedEntry } from './audited-options.js';
import { isThenable } from '../../base/read-safely.js';
import { claimCall, openCall, type AuditedOperation } from './audited-operation.js';
import { dressAs, type Method } from './method-decorator.js';
import { followPieces } from './follow-pieces.js';
import { applicationOf, type LiveApplication } from './live-applications.service.js';
import type { OperationRecorder } from './operation-recorder.service.js';
import { recordAround, recordPromise } from './record-around.js';
import { types } from 'node:util';
import { auditErrors } from '../errors/audit.errors.js';

/**
 * Wraps `method` so that each call is recorded once for each of `entries`. The wrapper does not record a framework's call of a handler,
 * because the guard and the interceptor record this call.
 */
export function auditMethod(
  method: Method,
  key: string | symbol,
  entries: readonly AuditedEntry[],
  wait: MethodWait,
): Method {
  const audited: Method = function (...args) {
    const scope = currentScope();
    if (isCovered(scope, audited, key, this, args)) return method.apply(this, args);
    const application = applicationOf(this, scope);
    if (!application) return method.apply(this, args);
    const operation = openCall(scope, entries, args);
    claimCall(operation, audited, false);
    const proceed = (): unknown => runInScope(operation.scope, () => audited.apply(this, args));
    return recordCall(application, operation, wait, proceed);
  };
  return dressAs(method, audited);
}

/** Whether the scope's operation already records this call: it is the operation's own call, a framework's retry, or a `super` call. */
function isCovered(
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

function recordCall(
  application: LiveApplication,
  operation: AuditedOperation,
  wait: MethodWait,
  proceed: () => unknown,
): unknown {
  const { recorder } = application;
  if (wait === 'none') refuseClosed(recorder, operation);
  const refusal = recorder.refusalOf(operation);
  const start = (): unknown => {
    if (refusal) throw refusal;
    return proceed();
  };
  const attempts = refusal ? Promise.resolve() : recorder.recordAttempts(operation);
  const follow = (value: unknown): unknown => {
    if (isObservable(value)) return recordAround(recorder, operation, () => value);
    return followPieces(application, operation, value, wait === 'iterator' ? attempts : undefined) ? value : undefined;
  };
  if (attempts && wait === 'promise') {
    return attempts.then(() => recordPromise(recorder, operation, new Promise((resolve) => resolve(start())), follow));
  }
  if (attempts && wait === 'observable') {
    const begin = (): Observable<unknown> => {
      const returned = start();
      return isObservable(returned) ? returned : of(returned);
    };
    return recordAround(recorder, operation, () => from(attempts).pipe(concatMap(begin)));
  }
  attempts?.catch(() => undefined); // a synchronous caller cannot handle a rejection
  let returned: unknown;
  try {
    returned = start();
  } catch (error) {
    operation.thrown = { error };
    operation.phase = 'settled';
    recorder.recordEndInBackground(operation);
    throw error;
  }
  const followed = follow(returned);
  if (followed !== undefined) return followed;
  if (isThenable(returned)) return recordPromise(recorder, operation, returned, follow);
  operation.result = returned;
  operation.phase = 'settled';
  recorder.recordEndInBackground(operation);
  return returned;
}

function refuseClosed(recorder: OperationRecorder, { entries }: AuditedOperation): void {
  const closed = entries.find((entry) => recorder.isClosed(entry));
  if (closed) throw auditErrors.AUDIT_OPTIONS_INVALID([synchronousProblem(closed.name)]);
}

export function synchronousProblem(name: string): string {
  return (
    `onFailure is closed for ${name}, but a synchronous method cannot wait until its event is stored ` +
    "(make the method async, or set onFailure: 'open')"
  );
}

/** How a caller can wait for the end of a method. An event can be stored before the method starts only if the caller can wait. */
export type MethodWait = 'promise' | 'observable' | 'iterator' | 'none';

/** TypeScript writes this metadata key with `emitDecoratorMetadata`. */
const RETURN_TYPE = 'design:returntype';

/** Returns how a caller can wait for the end of the method. If the method is not an async function, the return type in its metadata decides. */
export function waitOf(method: Method, target: object, key: string | symbol): MethodWait {
  if (types.isAsyncFunction(method)) return types.isGeneratorFunction(method) ? 'iterator' : 'promise';
  const returned: unknown = Reflect.getMetadata(RETURN_TYPE, target, key);
  if (returned === Promise) return 'promise';
  return returned === Observable ? 'observable' : 'none';
}

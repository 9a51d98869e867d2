import { types } from 'node:util';
import { errorMonitor } from 'node:events';
import { Stream } from 'node:stream';
import { concatMap, from, isObservable, of, Observable } from 'rxjs';
import { StreamableFile } from '@nestjs/common';
import { getCurrentScope, runInScope } from '../context/audit-context.js';
import type { AuditScope } from '../context/audit-scope.js';
import type { AuditedEntry } from './audited-options.js';
import { isThenable, readFieldSafely } from '../../base/read-safely.js';
import { claimCall, openCall, type AuditedOperation } from './audited-operation.js';
import { copyMethodMetadata, type Method } from './method-decorator.js';
import { findLiveApplication, type LiveApplication } from './live-applications.service.js';
import type { OperationRecorder } from './operation-recorder.service.js';
import { recordAround, recordPromise } from './record-around.js';
import { auditErrors } from '../errors/audit.errors.js';
import { getErrorCode } from '../../base/errors/error-facts.js';

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
    const scope = getCurrentScope();
    if (isCovered(scope, audited, key, this, args)) return method.apply(this, args);
    const application = findLiveApplication(this, scope);
    if (!application) return method.apply(this, args);
    const operation = openCall(application.modules, scope, entries, args);
    claimCall(operation, audited, false);
    const proceed = (): unknown => runInScope(operation.scope, () => audited.apply(this, args));
    return recordCall(application, operation, wait, proceed);
  };
  return copyMethodMetadata(method, audited);
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
  if (call.startedCall) {
    return (
      call.startedCall.self === self && call.startedCall.key === key && (call.byFramework || call.handler !== audited)
    );
  }
  if (call.handler !== audited) return false;
  call.startedCall = { self, key };
  call.recordArgs(args);
  return true;
}

function recordCall(
  application: LiveApplication,
  operation: AuditedOperation,
  wait: MethodWait,
  proceed: () => unknown,
): unknown {
  const { recorder } = application;
  if (wait === 'none') assertCanRecord(recorder, operation);
  const refusal = recorder.toRefusal(operation);
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

function assertCanRecord(recorder: OperationRecorder, { entries }: AuditedOperation): void {
  const closed = entries.find((entry) => recorder.isClosed(entry));
  if (closed) throw auditErrors.AUDIT_OPTIONS_INVALID([formatSynchronousProblem(closed.name)]);
}

export function formatSynchronousProblem(name: string): string {
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
export function detectMethodWait(method: Method, target: object, key: string | symbol): MethodWait {
  if (types.isAsyncFunction(method)) return types.isGeneratorFunction(method) ? 'iterator' : 'promise';
  const returned: unknown = Reflect.getMetadata(RETURN_TYPE, target, key);
  if (returned === Promise) return 'promise';
  return returned === Observable ? 'observable' : 'none';
}

type Step = (...input: unknown[]) => unknown;
interface Thrown {
  readonly error: unknown;
}

/**
 * Records the end of a method whose value is complete later: an iterator, a generator, a stream of Node, or a StreamableFile. The operation
 * ends when the value ends, fails, or when its consumer stops. Only an async iterator can delay its end until the event is stored.
 *
 * @param attempts if given, the first step of an async iterator waits for this promise
 * @returns whether the value is of this kind. If not, nothing is recorded.
 */
function followPieces(
  { recorder, ends }: Pick<LiveApplication, 'recorder' | 'ends'>,
  operation: AuditedOperation,
  value: unknown,
  attempts?: Promise<void>,
): boolean {
  const end = (isKnown: boolean, thrown?: Thrown): Promise<void> => {
    if (operation.recording) return operation.recording;
    ends.forget(operation);
    if (thrown) operation.thrown = thrown;
    if (isKnown) operation.phase = 'settled'; // without a piece, the outcome is unknown
    return recorder.recordEnd(operation);
  };
  const source = value instanceof StreamableFile ? value.getStream() : value;
  if (source instanceof Stream) {
    ends.limit(operation);
    operation.result = value;
    followStream(source, (...ended) => recorder.logLost(end(...ended)));
    return true;
  }
  if (!isIterator(source)) return false;
  ends.limit(operation);
  const isAsync = typeof readFieldSafely(source, Symbol.asyncIterator) === 'function';
  const endStep = isAsync ? end : (...ended: Parameters<typeof end>) => recorder.logLost(end(...ended));
  followIterator(source, operation, endStep, attempts);
  return true;
}

/** The codes of the errors with which Node destroys a stream whose consumer has stopped. */
const STOPS: readonly unknown[] = ['ABORT_ERR', 'ERR_STREAM_PREMATURE_CLOSE'];

function followStream(stream: Stream, end: (isKnown: boolean, thrown?: Thrown) => void): void {
  const field = (name: string): unknown => readFieldSafely(stream, name);
  const isRead = typeof field('read') === 'function';
  const close = (): void => end(field('readableDidRead') !== false);
  stream.once(errorMonitor, (error: unknown) => {
    if (STOPS.includes(getErrorCode(error))) close();
    else end(true, { error });
  });
  stream.once(isRead ? 'end' : 'finish', () => end(true));
  stream.once('close', close);
  if (field(isRead ? 'readableEnded' : 'writableFinished') === true || field('destroyed') === true) close();
}

type FollowedIterator = Partial<Record<'next' | 'return' | 'throw', Step>>;

function isIterator(value: unknown): value is FollowedIterator {
  const has = (key: PropertyKey): boolean => typeof readFieldSafely(value, key) === 'function';
  return has('next') && (has(Symbol.asyncIterator) || has(Symbol.iterator)) && Object.isExtensible(value);
}

/** Replaces the methods of the iterator itself, so that its identity and its other methods stay. */
function followIterator(
  iterator: FollowedIterator,
  operation: AuditedOperation,
  end: (isKnown: boolean, thrown?: Thrown) => Promise<void> | void,
  attempts: Promise<void> | undefined,
): void {
  const follow = (name: keyof FollowedIterator, own: Step): void => {
    const note = (piece: unknown): unknown => {
      if (readFieldSafely(piece, 'done') !== true) {
        operation.result = readFieldSafely(piece, 'value');
        return piece;
      }
      return end(name === 'next' || 'result' in operation)?.then(() => piece) ?? piece;
    };
    const fail = (error: unknown): unknown => {
      const refuse = (): never => {
        throw error;
      };
      return end(true, { error })?.then(refuse) ?? refuse();
    };
    const step: Step = (...input) => {
      let piece: unknown;
      try {
        piece = runInScope(operation.scope, () => own.apply(iterator, input));
      } catch (error) {
        return fail(error);
      }
      return isThenable(piece) ? piece.then(note, fail) : note(piece);
    };
    const value: Step = attempts ? (...input) => attempts.then(() => step(...input)) : step;
    Object.defineProperty(iterator, name, { value, configurable: true, writable: true });
  };
  const { next, return: stop = (value: unknown) => ({ done: true, value }), throw: fail } = iterator;
  if (next) follow('next', next);
  follow('return', stop); // a consumer that stops early calls this method, if it exists
  if (fail) follow('throw', fail);
}

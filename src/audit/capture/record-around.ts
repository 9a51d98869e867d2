import { clearTimeout, queueMicrotask, setTimeout } from '../../base/timers.js';
import { Observable } from 'rxjs';
import { runInScope } from '../context/audit-context.js';
import type { AbandonedOperations } from './abandoned-operations.service.js';
import type { AuditedOperation } from './audited-operation.js';
import { noteThrown, type OperationRecorder } from './operation-recorder.service.js';
import { SHORT_RESPONSE_MS } from './delayed-response.js';

/** Returns an Observable that runs `start` and subscribes to the result, both in the operation's scope. */
export function observeInScope<Value>({ scope }: AuditedOperation, start: () => Observable<Value>): Observable<Value> {
  return new Observable((subscriber) => runInScope(scope, () => start().subscribe(subscriber)));
}

/**
 * Returns an Observable of the same values as `start`, and records the operation. The operation ends when the Observable ends, or when its
 * subscriber unsubscribes. The subscriber gets the end after the events are delivered, or `AUDIT_UNAVAILABLE` if that fails with the
 * policy `closed`. The last value waits too, if the end follows at once.
 *
 * @param ends given if the values are sent to a client. Then all values of a short response wait for the end. The values of another response
 *   wait until an event with the reason `response_started` is stored.
 */
export function recordAround(
  recorder: OperationRecorder,
  operation: AuditedOperation,
  start: () => Observable<unknown>,
  ends?: AbandonedOperations,
): Observable<unknown> {
  return new Observable((subscriber) => {
    const waiting: unknown[] = [];
    let mustWait = ends !== undefined;
    let isEnding = false;
    let timer: NodeJS.Timeout | undefined;
    const pass = (): void => {
      if (!mustWait) for (const value of waiting.splice(0)) subscriber.next(value);
    };
    const release = (): void => {
      mustWait = false;
      pass();
    };
    const fail = (unavailable: unknown): void => subscriber.error(unavailable);
    const begin = (): void => {
      recorder.recordRunning(operation).then(() => !isEnding && release(), fail);
    };
    const end = (then: () => void): void => {
      clearTimeout(timer);
      mustWait = isEnding = true;
      operation.phase = 'settled';
      (ends ? ends.recordResponse(operation) : recorder.recordEnd(operation)).then(() => {
        release();
        then();
      }, fail);
    };
    const subscription = observeInScope(operation, start).subscribe({
      next: (value) => {
        operation.result = value;
        pass();
        waiting.push(value);
        if (ends) timer ??= setTimeout(begin, SHORT_RESPONSE_MS);
        queueMicrotask(pass);
      },
      error: (error: unknown) => {
        operation.thrown = { error };
        const thrown = ends ? noteThrown(operation, error) : error;
        end(() => subscriber.error(thrown));
      },
      complete: () => end(() => subscriber.complete()),
    });
    return () => {
      clearTimeout(timer);
      subscription.unsubscribe();
      if (isEnding) return;
      if ('result' in operation) operation.phase = 'settled'; // without a result, the outcome is unknown
      if (ends) ends.onClientLeft(operation);
      else recorder.recordEndInBackground(operation);
    };
  });
}

/**
 * Settles like `returned`, but only after the operation's events are recorded.
 *
 * @param follow returns the value for the caller if the operation ends later than the promise, otherwise `undefined`
 */
export async function recordPromise(
  recorder: OperationRecorder,
  operation: AuditedOperation,
  returned: unknown,
  follow?: (value: unknown) => unknown,
): Promise<unknown> {
  try {
    const value = await returned;
    const followed = follow?.(value);
    if (followed !== undefined) return followed;
    operation.result = value;
  } catch (error) {
    operation.thrown = { error };
  }
  operation.phase = 'settled';
  await recorder.recordEnd(operation);
  if (operation.thrown) throw operation.thrown.error;
  return operation.result;
}

import { Observable } from 'rxjs';
import { runInScope } from '../context/audit-context.js';
import type { AuditedOperation } from './audited-operation.js';
import type { OperationRecorder } from './operation-recorder.service.js';

/** Returns an Observable that runs `start` and subscribes to the result, both in the operation's scope. */
export function inScopeOf<Value>({ scope }: AuditedOperation, start: () => Observable<Value>): Observable<Value> {
  return new Observable((subscriber) => runInScope(scope, () => start().subscribe(subscriber)));
}

/**
 * Returns an Observable of the same values as `start`, and records the operation. The operation ends when the Observable ends, or when its
 * subscriber unsubscribes. The subscriber gets the end after the events are delivered, or AuditUnavailableError if that fails with the
 * policy `closed`. The last value before the end is held back, too, since a transport sends each value at once.
 */
export function recordAround(
  recorder: OperationRecorder,
  operation: AuditedOperation,
  start: () => Observable<unknown>,
): Observable<unknown> {
  return new Observable((subscriber) => {
    const end = (then: () => void): void => {
      operation.phase = 'settled';
      recorder.recordEnd(operation).then(then, (unavailable: unknown) => subscriber.error(unavailable));
    };
    const held: unknown[] = [];
    let isEnding = false;
    const pass = (): void => {
      if (!isEnding) for (const value of held.splice(0)) subscriber.next(value);
    };
    const subscription = inScopeOf(operation, start).subscribe({
      next: (value) => {
        operation.result = value;
        pass();
        held.push(value);
        queueMicrotask(pass);
      },
      error: (error: unknown) => {
        operation.thrown = { error };
        pass();
        end(() => subscriber.error(error));
      },
      complete: () => {
        isEnding = true;
        end(() => {
          isEnding = false;
          pass();
          subscriber.complete();
        });
      },
    });
    return () => {
      subscription.unsubscribe();
      if ('result' in operation) operation.phase = 'settled'; // without a result, the outcome is unknown
      recorder.recordEndInBackground(operation);
    };
  });
}

/** Settles like `returned`, but only after the operation's events are recorded. */
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

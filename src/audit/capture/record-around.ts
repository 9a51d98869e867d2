import { Observable } from 'rxjs';
import { runInScope } from '../context/audit-context.js';
import type { AuditedOperation } from './audited-operation.js';
import type { OperationRecorder } from './operation-recorder.service.js';

/** Creates and subscribes to the Observable of `start` in the operation's scope. */
export function inScopeOf<Value>({ scope }: AuditedOperation, start: () => Observable<Value>): Observable<Value> {
  return new Observable((subscriber) => runInScope(scope, () => start().subscribe(subscriber)));
}

/**
 * Runs the Observable of `start`; its end, or its unsubscription, is the operation's end. The end is passed on once the operation's events
 * are delivered, and becomes AuditUnavailableError if they had to be stored and could not be. A value that the end follows at once, like
 * the only value of most handlers, waits as well: a transport sends each value as soon as it gets it.
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
      if ('result' in operation) operation.phase = 'settled'; // otherwise its outcome is unknown
      recorder.recordEndInBackground(operation);
    };
  });
}

/** Resolves or rejects like `returned`, once the operation's events are recorded. */
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

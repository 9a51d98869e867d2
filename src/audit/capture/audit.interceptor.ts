import {
  Inject,
  Injectable,
  StreamableFile,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { catchError, concatMap, defer, finalize, from, isObservable, of, tap, throwError, type Observable } from 'rxjs';
import { getCurrentScope, runInScope } from '../context/audit-context.js';
import { claimCall, type AuditedOperation, getCapture, type HttpCapture } from './audited-operation.js';
import { isRunning } from './handler-run.js';
import { EventFactory } from '../event-factory.service.js';
import { AbandonedOperations } from './abandoned-operations.service.js';
import { holdResponses, getMessageOperation } from './messages.js';
import { noteThrown, OperationRecorder } from './operation-recorder.service.js';
import { observeInScope, recordAround } from './record-around.js';
import { DelayedResponses } from './delayed-responses.service.js';

type CallNext = () => Promise<unknown>;

/** Runs around all other interceptors, the pipes and the handler of an audited operation, and notes the operation's result. */
@Injectable()
export class AuditInterceptor implements NestInterceptor {
  constructor(
    @Inject(EventFactory) private readonly events: EventFactory,
    @Inject(AbandonedOperations) private readonly ends: AbandonedOperations,
    @Inject(OperationRecorder) private readonly recorder: OperationRecorder,
    @Inject(DelayedResponses) private readonly responses: DelayedResponses,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() === 'http') {
      const [request] = context.getArgs<unknown[]>();
      const proceed = (): Promise<unknown> => Promise.resolve(next.handle());
      return defer(() => this.around(request, context.getHandler(), proceed)).pipe(
        concatMap((returned) => (isObservable(returned) ? returned : of(returned))),
      );
    }
    const args = context.getArgs<unknown[]>();
    const message = getMessageOperation(args);
    if (!message) return next.handle();
    holdResponses(args, () => this.ends.recordResponse(message));
    const start = (): Observable<unknown> => {
      const attempts = this.begin(message, context.getHandler());
      return attempts ? from(attempts).pipe(concatMap(() => next.handle())) : next.handle();
    };
    return recordAround(this.recorder, message, start, this.ends);
  }

  /**
   * Runs `proceed` and notes its result. `proceed` runs the other interceptors, the pipes and the handler of an HTTP route. `proceed`
   * resolves with the handler's value, or, if the route has other interceptors, with an Observable of that value.
   */
  around(request: unknown, handler: object, proceed: CallNext): Promise<unknown> {
    const capture = getCapture(request as object | undefined); // the first argument that Nest passes to an HTTP handler
    return capture ? this.observe(capture, handler, proceed) : proceed();
  }

  private async observe(capture: HttpCapture, handler: object, proceed: CallNext): Promise<unknown> {
    let returned: unknown;
    try {
      const attempts = this.begin(capture, handler);
      if (attempts) await attempts;
      returned = await proceedInScope(capture, proceed);
    } catch (thrown) {
      const error = noteThrown(capture, thrown);
      this.settle(capture);
      throw error;
    }
    if (isObservable(returned)) return this.note(returned, capture);
    capture.result = returned;
    noteStreamError(capture);
    this.settle(capture);
    const capacity = this.responses.capacity('ended');
    if (capacity) await capacity;
    return returned;
  }

  /** If this method throws, or rejects with `AUDIT_UNAVAILABLE`, the caller must not start the handler. */
  private begin(operation: AuditedOperation, handler: object): Promise<void> | undefined {
    operation.phase = 'handler';
    claimCall(operation, handler, true);
    this.events.recordActing(operation.scope);
    const refusal = this.recorder.toRefusal(operation);
    if (refusal) throw refusal;
    return this.recorder.recordAttempts(operation);
  }

  private note(handled: Observable<unknown>, capture: HttpCapture): Observable<unknown> {
    return observeInScope(capture, () => handled).pipe(
      tap({
        next: (value) => {
          capture.result = value;
          noteStreamError(capture);
        },
        error: (error: unknown) => {
          noteThrown(capture, error);
          this.settle(capture);
        },
        complete: () => this.settle(capture),
      }),
      catchError((error: unknown) => throwError(() => capture.thrown?.error ?? error)),
      finalize(() => {
        capture.phase = 'settled'; // if nothing else ended it, the client closed an event stream: the usual end of such a stream
      }),
    );
  }

  private settle(capture: HttpCapture): void {
    capture.phase = 'settled';
    if (isRunning(capture)) capture.isResponseEarly = true;
  }
}

/** A returned file is read only after the handler has ended, so the handler cannot throw a read error. */
function noteStreamError(capture: HttpCapture): void {
  const { result } = capture;
  if (!(result instanceof StreamableFile)) return;
  result.getStream().once('error', (error: unknown) => {
    capture.thrown ??= { error };
  });
}

/** Entering the current scope a second time would slow down every promise in `proceed`. */
function proceedInScope(capture: HttpCapture, proceed: CallNext): Promise<unknown> {
  return getCurrentScope() === capture.scope ? proceed() : runInScope(capture.scope, proceed);
}

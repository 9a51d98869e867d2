import {
  Inject,
  Injectable,
  StreamableFile,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { concatMap, defer, of, tap, type Observable } from 'rxjs';
import { claimCall, type AuditedOperation } from './audited-operation.js';
import { CaptureRecorder } from './capture-recorder.service.js';
import { captureOf, type HttpCapture } from './http-capture.js';
import { messageOf } from './messages.js';
import { OperationRecorder } from './operation-recorder.service.js';
import { inScopeOf, recordAround } from './record-around.js';

/** Runs around every other interceptor, the pipes and the handler of an audited operation, and notes what they did. */
@Injectable()
export class AuditInterceptor implements NestInterceptor {
  constructor(
    @Inject(CaptureRecorder) private readonly captures: CaptureRecorder,
    @Inject(OperationRecorder) private readonly recorder: OperationRecorder,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') {
      const message = messageOf(context);
      return message ? recordAround(this.recorder, message, () => this.handle(message, context, next)) : next.handle();
    }
    const http = context.switchToHttp();
    const capture = captureOf(http.getRequest<object>());
    if (!capture) return next.handle();
    const handled = inScopeOf(capture, () => this.handle(capture, context, next));
    return this.note(handled, capture, http.getResponse<{ readonly statusCode: number }>());
  }

  private handle(operation: AuditedOperation, context: ExecutionContext, next: CallHandler): Observable<unknown> {
    operation.phase = 'handler';
    claimCall(operation, context.getHandler());
    return operation.entries.some(({ options }) => options.attempt)
      ? defer(() => this.recorder.recordAttempts(operation)).pipe(concatMap(() => next.handle()))
      : next.handle();
  }

  private note(
    handled: Observable<unknown>,
    capture: HttpCapture,
    response: { readonly statusCode: number },
  ): Observable<unknown> {
    const settle = (): void => {
      capture.phase = 'settled';
      this.captures.settled(capture, response.statusCode);
    };
    return handled.pipe(
      tap({
        next: (value) => {
          capture.result = value;
        },
        error: (error: unknown) => {
          capture.thrown = { error };
          settle();
        },
        complete: settle,
      }),
      concatMap((value) => (value instanceof StreamableFile ? this.recordBefore(value, capture, response) : of(value))),
    );
  }

  /** A file's bytes leave before its response ends, so its event is recorded before the first of them. */
  private async recordBefore(
    file: StreamableFile,
    capture: HttpCapture,
    response: { readonly statusCode: number },
  ): Promise<StreamableFile> {
    capture.phase = 'settled';
    await this.captures.recordEnd(capture, response.statusCode);
    return file;
  }
}

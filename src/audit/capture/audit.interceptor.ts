import {
  Inject,
  Injectable,
  StreamableFile,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { concatMap, defer, of, tap, type Observable } from 'rxjs';
import { CaptureRecorder } from './capture-recorder.service.js';
import { captureOf, type HttpCapture } from './http-capture.js';

/** Runs around every other interceptor, the pipes and the handler of an audited route, and notes what they did. */
@Injectable()
export class AuditInterceptor implements NestInterceptor {
  constructor(@Inject(CaptureRecorder) private readonly recorder: CaptureRecorder) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const http = context.switchToHttp();
    const capture = captureOf(http.getRequest<object>());
    if (!capture) return next.handle();
    capture.phase = 'handler';
    const response = http.getResponse<{ readonly statusCode: number }>();
    const handled = capture.entries.some(({ options }) => options.attempt)
      ? defer(() => this.recorder.recordAttempts(capture)).pipe(concatMap(() => next.handle()))
      : next.handle();
    return this.note(handled, capture, response);
  }

  private note(
    handled: Observable<unknown>,
    capture: HttpCapture,
    response: { readonly statusCode: number },
  ): Observable<unknown> {
    const settle = (): void => {
      capture.phase = 'settled';
      this.recorder.settled(capture, response.statusCode);
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
    await this.recorder.recordEnd(capture, response.statusCode);
    return file;
  }
}

import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { AuditAggregator } from '../audit-aggregator.js';
import { mergeAnnotations } from '../context/audit-scope.js';
import type { AuditInput } from '../event/audit-input.js';
import type { AuditedCall, AuditedEntry } from './audited.decorator.js';
import type { HttpCapture } from './http-capture.js';
import { httpOutcome } from './http-outcome.js';

/** How long a handler may go on after its client went away before its event is recorded without an outcome. */
const ABANDONED_AFTER_MS = 60_000;

/** Makes the events of audited requests: `attempted` before the handler, and one for each entry at the request's end. */
@Injectable()
export class CaptureRecorder implements BeforeApplicationShutdown {
  private readonly logger = new Logger('AuditCapture');
  /** Requests whose client is gone while their handler still runs, with the function that records them as they are. */
  private readonly abandoned = new Map<HttpCapture, NodeJS.Timeout>();

  constructor(@Inject(AuditAggregator) private readonly aggregator: AuditAggregator) {}

  /** Records `attempted` for the entries that ask for it. Rejects with AuditUnavailableError: then do not start. */
  async recordAttempts(capture: HttpCapture): Promise<void> {
    for (const { name, options } of capture.entries.filter((entry) => entry.options.attempt)) {
      const input = { ...this.inputOf(capture, options), outcome: 'attempted' as const };
      await this.aggregator.recordIn(capture.scope, name, input, undefined, { onFailure: options.onFailure });
    }
  }

  /**
   * Records the request's events, once, however often it is called. Resolves when they are delivered; rejects with
   * AuditUnavailableError when one could be stored nowhere and its policy is `closed`.
   */
  recordEnd(capture: HttpCapture, statusCode: number): Promise<void> {
    return (capture.recording ??= this.recordEntries(capture, statusCode));
  }

  /**
   * The connection is closed. If nothing was recorded by then, the client left early: what the handler does still
   * counts, so its event waits for it, but not for ever.
   */
  abandonUnlessRecorded(capture: HttpCapture, statusCode: number): void {
    if (capture.recording) return;
    capture.clientGone = true;
    const timer = setTimeout(() => this.recordAbandoned(capture, statusCode), ABANDONED_AFTER_MS).unref();
    this.abandoned.set(capture, timer);
    if (capture.phase === 'settled') this.settleAbandoned(capture, statusCode);
  }

  /** The handler is through. If nobody is there to be answered, the answer's end may never come: record without it. */
  settled(capture: HttpCapture, statusCode: number): void {
    if (capture.clientGone) this.settleAbandoned(capture, statusCode);
  }

  async beforeApplicationShutdown(): Promise<void> {
    for (const capture of [...this.abandoned.keys()]) this.recordAbandoned(capture, 0);
    await this.aggregator.drain();
  }

  /** A turn later, so that the answer, which knows the true status, comes first if it comes at all. */
  private settleAbandoned(capture: HttpCapture, statusCode: number): void {
    setImmediate(() => this.recordAbandoned(capture, statusCode));
  }

  private recordAbandoned(capture: HttpCapture, statusCode: number): void {
    clearTimeout(this.abandoned.get(capture));
    this.abandoned.delete(capture);
    this.recordEnd(capture, statusCode).catch((error: unknown) => {
      this.logger.error(error instanceof Error ? error.message : String(error)); // nobody is left to be told
    });
  }

  private async recordEntries(capture: HttpCapture, statusCode: number): Promise<void> {
    clearTimeout(this.abandoned.get(capture));
    this.abandoned.delete(capture);
    const end = { statusCode, durationMs: performance.now() - capture.scope.startedAtMs };
    const seen = httpOutcome(capture, statusCode);
    const gone = capture.clientGone ? { metadata: { clientDisconnected: true } } : {};
    await Promise.all(
      capture.entries.map(({ name, options }) => {
        const said = mergeAnnotations(this.inputOf(capture, options), capture.scope.annotation ?? {});
        const input = { ...seen, error: capture.thrown?.error, ...mergeAnnotations(said, gone) };
        const reason = said.reason ?? seen.reason;
        return this.aggregator.recordIn(capture.scope, name, { ...input, reason }, end, {
          onFailure: options.onFailure,
        });
      }),
    );
  }

  private inputOf(capture: HttpCapture, options: AuditedEntry['options']): AuditInput {
    // The callbacks' parameter types are the decorator user's word for what the request and the result are.
    const call = {
      request: capture.request,
      result: capture.result,
      error: capture.thrown?.error,
    } as unknown as AuditedCall;
    const tenantId = this.ask(() => options.tenantId?.(call));
    return {
      ...present('severity', options.severity),
      ...present(
        'actor',
        this.ask(() => options.actor?.(call)),
      ),
      ...present('tenantId', tenantId === undefined || tenantId === null ? undefined : String(tenantId as string)),
      ...present(
        'resource',
        this.ask(() => options.resource?.(call)),
      ),
      ...present('details', this.ask(() => options.details?.(call)) as Record<string, unknown> | undefined), // any object's fields
    };
  }

  /** After a failure there is no result, and a callback that reads it throws: it then has nothing to say. */
  private ask<Value>(callback: () => Value | undefined): Value | undefined {
    try {
      return callback();
    } catch {
      return undefined;
    }
  }
}

function present<Name extends string, Value>(name: Name, value: Value | undefined): Partial<Record<Name, Value>> {
  return value === undefined ? {} : ({ [name]: value } as Partial<Record<Name, Value>>); // the one field that it names
}

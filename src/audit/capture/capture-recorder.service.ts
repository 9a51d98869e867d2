import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { AuditAggregator } from '../audit-aggregator.js';
import { mergeAnnotations } from '../context/audit-scope.js';
import { AuditUnavailableError } from '../errors/audit-unavailable.error.js';
import { errorMessage } from '../errors/error-facts.js';
import type { AuditInput } from '../event/audit-input.js';
import { readSafely } from '../event/read-safely.js';
import { normalizeText, TEXT_LIMITS } from '../event/normalize-text.js';
import type { AuditedCall, AuditedEntry } from './audited.decorator.js';
import type { HttpCapture } from './http-capture.js';
import { httpOutcome } from './http-outcome.js';

/** How long a handler may go on after its client went away before its event is recorded without an outcome. */
const ABANDONED_AFTER_MS = 60_000;

/** Makes the events of audited requests: `attempted` before the handler, and one for each entry at the request's end. */
@Injectable()
export class CaptureRecorder implements BeforeApplicationShutdown {
  private readonly logger = new Logger('AuditCapture');
  /** Requests whose client is gone while their handler still runs. */
  private readonly abandoned = new Map<HttpCapture, { readonly timer: NodeJS.Timeout; readonly statusCode: number }>();

  constructor(@Inject(AuditAggregator) private readonly aggregator: AuditAggregator) {}

  /** Records `attempted` for the entries that ask for it. Rejects with AuditUnavailableError: then do not start. */
  async recordAttempts(capture: HttpCapture): Promise<void> {
    for (const { name, options } of this.entriesOf(capture).filter((entry) => entry.options.attempt)) {
      const input = { ...this.inputOf(capture, options), outcome: 'attempted' as const };
      await this.aggregator.recordIn(capture.scope, name, input, undefined, { onFailure: options.onFailure });
    }
  }

  /**
   * Records the request's events, once, however often it is called. Resolves when they are delivered; rejects with
   * AuditUnavailableError when one could be stored nowhere and its policy is `closed`.
   */
  recordEnd(capture: HttpCapture, statusCode: number): Promise<void> {
    return (capture.recording ??= this.recordEntries(capture, statusCode).catch((error: unknown) => {
      if (error instanceof AuditUnavailableError) throw error;
      this.logger.error(`Cannot record the end of a request: ${errorMessage(error)}. This is a defect; report it.`);
    }));
  }

  /**
   * The connection is closed. If nothing was recorded by then, the client left early: what the handler does still
   * counts, so its event waits for it, but not for ever.
   */
  abandonUnlessRecorded(capture: HttpCapture, statusCode: number): void {
    if (capture.recording) return;
    capture.clientGone = true;
    const timer = setTimeout(() => this.recordAbandoned(capture, statusCode), ABANDONED_AFTER_MS).unref();
    this.abandoned.set(capture, { timer, statusCode });
    if (capture.phase === 'settled') this.settleAbandoned(capture, statusCode);
  }

  /** The handler is through. If nobody is there to be answered, the answer's end may never come: record without it. */
  settled(capture: HttpCapture, statusCode: number): void {
    if (capture.clientGone) this.settleAbandoned(capture, statusCode);
  }

  async beforeApplicationShutdown(): Promise<void> {
    for (const [capture, { statusCode }] of [...this.abandoned]) this.recordAbandoned(capture, statusCode);
    await this.aggregator.drain();
  }

  /** A turn later, so that the answer, which knows the true status, comes first if it comes at all. */
  private settleAbandoned(capture: HttpCapture, statusCode: number): void {
    setImmediate(() => this.recordAbandoned(capture, statusCode));
  }

  private recordAbandoned(capture: HttpCapture, statusCode: number): void {
    this.recordEnd(capture, statusCode).catch((error: unknown) => {
      this.logger.error(errorMessage(error)); // nobody is left to be told
    });
  }

  private async recordEntries(capture: HttpCapture, statusCode: number): Promise<void> {
    clearTimeout(this.abandoned.get(capture)?.timer);
    this.abandoned.delete(capture);
    const end = { statusCode, durationMs: performance.now() - capture.scope.startedAtMs };
    const seen = httpOutcome(capture, statusCode);
    await Promise.all(
      this.entriesOf(capture).map(({ name, options }) => {
        const said = mergeAnnotations(this.inputOf(capture, options), capture.scope.annotation ?? {});
        const input = {
          ...said,
          outcome: said.outcome ?? seen.outcome,
          severity: said.severity ?? seen.severity,
          reason: said.reason ?? seen.reason,
          error: capture.thrown?.error,
          metadata: capture.clientGone ? { ...said.metadata, clientDisconnected: true } : said.metadata,
        };
        return this.aggregator.recordIn(capture.scope, name, input, end, { onFailure: options.onFailure });
      }),
    );
  }

  private entriesOf(capture: HttpCapture): readonly AuditedEntry[] {
    const call = callOf(capture);
    return capture.entries.filter(({ options }) => readSafely(() => options.when?.(call)) !== false);
  }

  private inputOf(capture: HttpCapture, options: AuditedEntry['options']): AuditInput {
    const call = callOf(capture);
    // After a failure there is no result, and a callback that reads it throws: it then has nothing to say.
    return {
      severity: options.severity,
      actor: readSafely(() => options.actor?.(call)),
      tenantId: normalizeText(
        readSafely(() => options.tenantId?.(call)),
        TEXT_LIMITS.id,
      ),
      resource: readSafely(() => options.resource?.(call)),
      details: readSafely(() => options.details?.(call)) as Record<string, unknown> | undefined, // any object has fields
    };
  }
}

/** The callbacks' parameter types are the decorator user's word for what the request and the result are. */
function callOf({ request, result, thrown }: HttpCapture): AuditedCall {
  return { request, result, error: thrown?.error } as unknown as AuditedCall;
}

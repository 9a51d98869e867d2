import { Inject, Injectable, Logger, type HttpException } from '@nestjs/common';
import { AuditAggregator } from '../audit-aggregator.service.js';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from '../audit-options.js';
import type { AuditScope } from '../context/audit-scope.js';
import { RequiredContext } from '../context/required-context.service.js';
import { getErrorMessage, hasCode } from '../../base/errors/error-facts.js';
import { EventFactory, type RequestResult } from '../event-factory.service.js';
import type { AuditEvent } from '../event/audit-event.js';
import type { AuditInput } from '../event/audit-input.js';
import { getReason } from './audit-reason.decorator.js';
import type { AuditedOperation } from './audited-operation.js';
import type { AuditedEntry } from './audited-options.js';
import { awaitFields, callOptions, combineInput, resolveOptionsInput } from './entry-input.js';
import { isValidationError } from './operation-outcome.js';
import { httpErrors } from '../errors/http.errors.js';

/** Makes the events of audited operations: an `attempted` event before the handler, and one event for each entry at the end. */
@Injectable()
export class OperationRecorder {
  private readonly logger = new Logger('AuditCapture');

  constructor(
    @Inject(AuditAggregator) private readonly aggregator: AuditAggregator,
    @Inject(EventFactory) private readonly events: EventFactory,
    @Inject(AUDIT_OPTIONS) private readonly options: ResolvedAuditOptions,
    @Inject(RequiredContext) private readonly required: RequiredContext,
  ) {}

  /**
   * Records an `attempted` event for each entry with `attempt: true` or the policy `closed`. If the promise rejects with `AUDIT_UNAVAILABLE`, the
   * handler must not start. Returns `undefined` if no entry needs an `attempted` event.
   */
  recordAttempts(operation: AuditedOperation): Promise<void> | undefined {
    const attempted = operation.entries.filter((entry) => this.isAttempted(entry));
    if (attempted.length > 0)
      return this.recordAttemptedEntries(operation, attempted).then(() => void (operation.started = true));
    operation.started = true;
    return undefined;
  }

  /** Returns the error for an operation that must not start. Call it after the guards, before {@link recordAttempts}. */
  toRefusal(operation: AuditedOperation): HttpException | undefined {
    const { reasonRule } = operation;
    if (this.required.isRequired) {
      for (const entry of operation.entries) {
        const called = callOptions(operation, entry);
        if (!called) continue;
        void Promise.allSettled([called.isWanted, awaitFields(called.input)]); // prevents unhandled rejections; the promises settle too late for this check
        const event = this.events.create(
          entry.name,
          { ...called.input, outcome: 'attempted' },
          { scope: operation.scope },
        );
        const missing = this.required.missingIn(event);
        if (missing.length > 0) return httpErrors.AUDIT_CONTEXT_REQUIRED.beforeStart(event.action, missing);
      }
    }
    if (!reasonRule) return undefined;
    const reason = getReason(operation); // read now, since the handler may change the body
    return reasonRule.required === true && reason === undefined
      ? httpErrors.AUDIT_REASON_REQUIRED(reasonRule)
      : undefined;
  }

  isClosed({ options }: AuditedEntry): boolean {
    return (options.onFailure ?? this.options.onFailure) === 'closed';
  }

  /**
   * Records the success event of each entry in the handler's transaction, so that the commit stores the events. If the promise rejects with
   * `AUDIT_UNAVAILABLE`, the transaction must be rolled back.
   */
  async recordInTransaction(
    operation: AuditedOperation,
    entries: readonly AuditedEntry[],
    result: unknown,
    { transaction, openTransaction }: Pick<AuditScope, 'transaction' | 'openTransaction'>,
  ): Promise<void> {
    const { scope } = operation;
    const within: AuditedOperation = {
      scope: { ...scope, ...(transaction && { transaction }), ...(openTransaction && { openTransaction }) },
      entries,
      request: operation.request,
      reason: getReason(operation),
      body: operation.body,
      args: operation.args,
      result,
      phase: 'settled',
      ...(operation.isResponseEarly && { isResponseEarly: true }),
    };
    await this.recordEnd(within, operation.statusCode?.());
  }

  /**
   * Records `attempted` with a reason for the entries without an event so far. Call it before the first part of the response is sent, since
   * the process may die before the operation ends. Rejects with `AUDIT_UNAVAILABLE`, like {@link recordAttempts}.
   */
  async recordRunning(operation: AuditedOperation, statusCode?: number, reason = 'response_started'): Promise<void> {
    const { committed, recording, started, entries } = operation;
    if (recording) return;
    const isNew = (entry: AuditedEntry): boolean => !(started === true && this.isAttempted(entry));
    const unrecorded = entries.filter((entry) => committed?.includes(entry) !== true && isNew(entry));
    await this.recordAttemptedEntries(operation, unrecorded, reason, { statusCode, durationMs: undefined });
  }

  private isAttempted(entry: AuditedEntry): boolean {
    return entry.options.attempt === true || (entry.isTransactional !== true && this.isClosed(entry));
  }

  private async recordAttemptedEntries(
    operation: AuditedOperation,
    entries: readonly AuditedEntry[],
    reason?: string,
    end?: RequestResult,
  ): Promise<void> {
    for (const entry of entries) {
      const returned = resolveOptionsInput(operation, entry);
      const fromOptions = returned instanceof Promise ? await returned : returned;
      if (!fromOptions) continue;
      const { name, options } = entry;
      const { scope, body } = operation;
      const attempted: AuditInput = { ...fromOptions, outcome: 'attempted', reason: fromOptions.reason ?? reason };
      const input = this.events.describeLogIn(name, attempted, { scope, outcome: 'attempted', body, privacy: options });
      const event = this.events.create(name, input, { scope, end, privacy: options });
      await this.aggregator.deliver(event, options, scope, () => event);
    }
  }

  /**
   * Records the operation's events; later calls return the promise of the first call. Resolves when the events are delivered. If an event
   * with the policy `closed` could not be stored anywhere, rejects with `AUDIT_UNAVAILABLE`, or with `AUDIT_OUTCOME_LOST` if the
   * handler may have run.
   *
   * @param statusCode the status of the response, if any
   */
  recordEnd(operation: AuditedOperation, statusCode?: number): Promise<void> {
    return (operation.recording ??= (async () => {
      try {
        const { scope, committed } = operation;
        const entries = committed ? operation.entries.filter((entry) => !committed.includes(entry)) : operation.entries;
        // The outer operation, if any, records the duration.
        const durationMs = scope.outer ? undefined : performance.now() - scope.startedAtMs;
        const end = { statusCode, durationMs };
        const [first] = entries;
        // Most operations have one entry, and each promise costs time under AsyncLocalStorage.
        if (first && entries.length === 1) await this.recordEntry(operation, first, end);
        // The function is async, so that a callback's synchronous error becomes a rejection.
        else await Promise.all(entries.map(async (entry) => this.recordEntry(operation, entry, end)));
      } catch (error) {
        if (hasCode(error, 'AUDIT_UNAVAILABLE')) throw toLossError(operation, error);
        this.logger.error(
          `Cannot record the end of an operation: ${getErrorMessage(error)}. This is a defect; report it.`,
        );
      } finally {
        operation.life?.end();
      }
    })());
  }

  recordEndInBackground(operation: AuditedOperation, statusCode?: number): void {
    this.logLost(this.recordEnd(operation, statusCode));
  }

  logLost(recording: Promise<void>): void {
    recording.catch((error: unknown) => this.logger.error(getErrorMessage(error)));
  }

  private recordEntry(
    operation: AuditedOperation,
    entry: AuditedEntry,
    end: RequestResult,
    fromOptions = resolveOptionsInput(operation, entry),
  ): Promise<unknown> | undefined {
    if (!fromOptions) return undefined;
    if (fromOptions instanceof Promise)
      return fromOptions.then((kept) => kept && this.recordEntry(operation, entry, end, kept));
    const { scope, body, result } = operation;
    const { name, options } = entry;
    const { input: combined, outcome } = combineInput(operation, fromOptions, end.statusCode);
    const input = this.events.describeLogIn(name, combined, { scope, outcome, body, result, privacy: options });
    const event = this.events.create(name, input, { scope, end, privacy: options });
    const attempt = (): AuditEvent =>
      this.events.create(name, { ...input, outcome: 'attempted' }, { scope, privacy: options });
    return this.aggregator.deliver(event, options, scope, attempt);
  }
}

/** Whether the operation may have changed something. If a pipe refuses the input, the handler does not run. */
function mayHaveExecuted({ started, rolledBack, thrown, scope: { call, operation } }: AuditedOperation): boolean {
  if (started !== true || rolledBack === true) return false;
  if (!thrown) return true;
  if (thrown.error === operation?.undoneBy && operation?.hasCommitted !== true) return false;
  return call?.startedCall !== undefined || !isValidationError(thrown.error);
}

/** Returns the error that a caller gets: of a lost event, `AUDIT_OUTCOME_LOST` if the operation may have changed something. */
export function toLossError(operation: AuditedOperation, error: unknown): unknown {
  if (!hasCode(error, 'AUDIT_UNAVAILABLE') || !mayHaveExecuted(operation)) return error;
  return httpErrors.AUDIT_OUTCOME_LOST(error.eventType, error);
}

export function noteThrown(operation: AuditedOperation, error: unknown): unknown {
  operation.thrown = { error };
  const shown = toLossError(operation, error);
  operation.thrown = { error: shown };
  return shown;
}

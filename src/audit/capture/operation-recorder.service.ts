import { Inject, Injectable, Logger, type HttpException } from '@nestjs/common';
import { AuditAggregator } from '../audit-aggregator.service.js';
import { AUDIT_OPTIONS, type ResolvedAuditOptions } from '../audit-options.js';
import { RequiredContext } from '../context/required-context.service.js';
import { mergeAnnotations } from '../context/audit-scope.js';
import { AuditOutcomeLostError, AuditUnavailableError } from '../errors/audit-unavailable.error.js';
import { RequiredContextError, ReasonRequiredError } from '../errors/required-context.error.js';
import { errorMessage } from '../errors/error-facts.js';
import { EventFactory, type RequestEnd } from '../event-factory.service.js';
import type { AuditEvent } from '../event/audit-event.js';
import type { AuditInput } from '../event/audit-input.js';
import { normalizeText, TEXT_LIMITS } from '../event/normalize-text.js';
import { foldOutcome } from '../event/outcomes.js';
import { readInput } from '../event/read-input.js';
import { readSafely } from '../event/read-safely.js';
import type { ScopeTransaction } from '../transaction/transaction-manager.js';
import { explainFailure } from './explain-failure.js';
import { givenReason } from './given-reason.js';
import type { AuditedCall, AuditedEntry } from './audited-options.js';
import type { AuditedOperation } from './audited-operation.js';
import { isReasonOfStatus, isValidationError, operationOutcome, type OperationOutcome } from './operation-outcome.js';

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
   * Records an `attempted` event for each entry with `attempt: true` or the policy `closed`. If the promise rejects with AuditUnavailableError, the
   * handler must not start. Returns `undefined` if no entry needs an `attempted` event.
   */
  recordAttempts(operation: AuditedOperation): Promise<void> | undefined {
    const attempted = operation.entries.filter((entry) => this.isAttempted(entry));
    if (attempted.length > 0)
      return this.recordAttemptsOf(operation, attempted).then(() => void (operation.started = true));
    operation.started = true;
    return undefined;
  }

  /** Notes the actor before the handler is called. */
  noteActor({ scope }: AuditedOperation): void {
    scope.acting ??= this.events.currentActor(scope);
  }

  /** Returns the error for an operation that must not start. Call it after the guards, before {@link recordAttempts}. */
  refusalOf(operation: AuditedOperation): HttpException | undefined {
    const { reasonRule } = operation;
    if (this.required.isAsked) {
      for (const entry of operation.entries) {
        const told = tellOf(operation, entry);
        if (!told) continue;
        void Promise.allSettled([told.isWanted, withPromised(told.input)]); // prevents unhandled rejections; the promises settle too late for this check
        const event = this.events.create(entry.name, { ...told.input, outcome: 'attempted' }, operation.scope);
        const missing = this.required.missingIn(event);
        if (missing.length > 0) return RequiredContextError.beforeStart(event.action, missing);
      }
    }
    if (!reasonRule) return undefined;
    const reason = givenReason(operation); // read now, since the handler may change the body
    return reasonRule.required === true && reason === undefined ? new ReasonRequiredError(reasonRule) : undefined;
  }

  isClosed({ options }: AuditedEntry): boolean {
    return (options.onFailure ?? this.options.onFailure) === 'closed';
  }

  /**
   * Records the success event of each entry in the handler's transaction, so that the commit stores the events. If the promise rejects with
   * AuditUnavailableError, the transaction must be rolled back.
   */
  async recordInTransaction(
    operation: AuditedOperation,
    entries: readonly AuditedEntry[],
    result: unknown,
    transaction: ScopeTransaction | undefined,
  ): Promise<void> {
    const { scope } = operation;
    const within: AuditedOperation = {
      scope: transaction ? { ...scope, transaction } : scope,
      entries,
      request: operation.request,
      reason: givenReason(operation),
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
   * the process may die before the operation ends. Rejects with AuditUnavailableError, like {@link recordAttempts}.
   */
  async recordBegun(operation: AuditedOperation, statusCode?: number, reason = 'answer_begun'): Promise<void> {
    const { committed, recording, started, entries } = operation;
    if (recording) return;
    const isNew = (entry: AuditedEntry): boolean => !(started === true && this.isAttempted(entry));
    const unrecorded = entries.filter((entry) => committed?.includes(entry) !== true && isNew(entry));
    await this.recordAttemptsOf(operation, unrecorded, reason, { statusCode, durationMs: undefined });
  }

  private isAttempted(entry: AuditedEntry): boolean {
    return entry.options.attempt === true || (entry.isTransactional !== true && this.isClosed(entry));
  }

  private async recordAttemptsOf(
    operation: AuditedOperation,
    entries: readonly AuditedEntry[],
    reason?: string,
    end?: RequestEnd,
  ): Promise<void> {
    for (const entry of entries) {
      const told = inputOf(operation, entry);
      const said = told instanceof Promise ? await told : told;
      if (!said) continue;
      const { name, options } = entry;
      const { scope, body } = operation;
      const attempted: AuditInput = { ...said, outcome: 'attempted', reason: said.reason ?? reason };
      const input = this.events.describeLogIn(name, attempted, { scope, outcome: 'attempted', body, privacy: options });
      const event = this.events.create(name, input, scope, end, options);
      await this.aggregator.deliver(event, options, scope, () => event);
    }
  }

  /**
   * Records the operation's events; later calls return the promise of the first call. Resolves when the events are delivered. If an event
   * with the policy `closed` could not be stored anywhere, rejects with AuditUnavailableError, or with AuditOutcomeLostError if the
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
        if (error instanceof AuditUnavailableError) throw lostIfRun(operation, error);
        this.logger.error(
          `Cannot record the end of an operation: ${errorMessage(error)}. This is a defect; report it.`,
        );
      }
    })());
  }

  /** Calls {@link recordEnd}, and logs its error, for a caller that cannot wait. */
  recordEndInBackground(operation: AuditedOperation, statusCode?: number): void {
    this.logLost(this.recordEnd(operation, statusCode));
  }

  logLost(recording: Promise<void>): void {
    recording.catch((error: unknown) => this.logger.error(errorMessage(error)));
  }

  private recordEntry(
    operation: AuditedOperation,
    entry: AuditedEntry,
    end: RequestEnd,
    fromOptions = inputOf(operation, entry),
  ): Promise<unknown> | undefined {
    const { scope, thrown, body, result } = operation;
    if (!fromOptions) return undefined;
    if (fromOptions instanceof Promise)
      return fromOptions.then((kept) => kept && this.recordEntry(operation, entry, end, kept));
    const seen = operationOutcome(operation, end.statusCode);
    const annotated = scope.annotation ? mergeAnnotations(fromOptions, scope.annotation) : fromOptions;
    const metadata = metadataOf(operation);
    const said = metadata ? mergeAnnotations(annotated, { metadata }) : annotated;
    const why = thrown && explainFailure(thrown.error, operation);
    const { input: read, hasFailed } = scope.annotation ? readInput(said) : { input: said, hasFailed: false }; // an annotation may use the field names of other libraries
    const isSeen = read.outcome === undefined || isContradicted(operation, seen, end, read.outcome);
    const ended = hasFailed && isSeen && seen.outcome === 'success' ? 'failure' : seen.outcome;
    const outcome = foldOutcome(isSeen ? ended : read.outcome) ?? 'failure';
    const given = fromOptions.reason;
    const specific = isReasonOfStatus(seen.reason) ? why?.reason : undefined;
    const cause = specific ?? seen.reason ?? why?.reason;
    const isDone = outcome === 'success' || outcome === 'partial';
    const reason = scope.annotation?.reason ?? (isDone ? (given ?? cause) : (cause ?? given)); // why the action was done, or why it failed
    const refused = why && why.refused.length > 0 ? why.refused : undefined;
    const givenReason = given === reason ? undefined : normalizeText(given, TEXT_LIMITS.reason);
    const hasMore = refused !== undefined || givenReason !== undefined;
    const told = {
      ...said,
      ...(hasMore && mergeAnnotations({ metadata: { refused, givenReason } }, said)),
      outcome: isSeen ? ended : said.outcome,
      severity: read.severity === undefined ? seen.severity : said.severity,
      reason,
      error: why?.error ?? thrown?.error ?? read.error,
    };
    const input = this.events.describeLogIn(entry.name, told, { scope, outcome, body, result, privacy: entry.options });
    const event = this.events.create(entry.name, input, scope, end, entry.options);
    const attempt = (): AuditEvent =>
      this.events.create(entry.name, { ...input, outcome: 'attempted' }, scope, undefined, entry.options);
    return this.aggregator.deliver(event, entry.options, scope, attempt);
  }
}

function isContradicted(
  { rolledBack }: AuditedOperation,
  seen: OperationOutcome,
  { statusCode = 500 }: RequestEnd,
  annotated: unknown,
): boolean {
  const hasFailed =
    (seen.outcome === 'failure' || seen.outcome === 'denied') && (rolledBack === true || statusCode >= 400);
  return hasFailed && foldOutcome(annotated) === 'success';
}

/** Whether the operation may have changed something. If a pipe refuses the input, the handler does not run. */
function mayHaveRun({ started, rolledBack, thrown, scope: { call, operation } }: AuditedOperation): boolean {
  if (started !== true || rolledBack === true) return false;
  if (!thrown) return true;
  if (thrown.error === operation?.undoneBy && operation?.hasCommitted !== true) return false;
  return call?.begun !== undefined || !isValidationError(thrown.error);
}

/** Returns the error that a caller gets: of a lost event, AuditOutcomeLostError if the operation may have changed something. */
export function lostIfRun(operation: AuditedOperation, error: unknown): unknown {
  if (!(error instanceof AuditUnavailableError) || !mayHaveRun(operation)) return error;
  return new AuditOutcomeLostError(error.eventType, { cause: error });
}

/** Notes the error of a handler. Returns the error that the caller gets. */
export function noteThrown(operation: AuditedOperation, error: unknown): unknown {
  operation.thrown = { error };
  const told = lostIfRun(operation, error);
  operation.thrown = { error: told };
  return told;
}

function metadataOf({ clientGone, isResponseEarly }: AuditedOperation): AuditInput['metadata'] {
  if (!clientGone && !isResponseEarly) return undefined;
  return { ...(clientGone && { clientDisconnected: true }), ...(isResponseEarly && { answeredBeforeEnd: true }) };
}

/** For an empty text, the scope's tenant applies. */
function tenantOf(told: unknown): unknown {
  return typeof told === 'string' ? normalizeText(told, TEXT_LIMITS.id) : told;
}

const TOLD = ['actor', 'tenantId', 'resource', 'details', 'changes'] as const;

function withPromised(input: AuditInput): AuditInput | Promise<AuditInput> {
  const promised = TOLD.filter((name) => (input[name] as unknown) instanceof Promise);
  if (promised.length === 0) return input;
  const kept = promised.map(async (name) => [name, await Promise.resolve(input[name]).catch(() => undefined)] as const);
  return Promise.all(kept).then((fields) => ({ ...input, ...Object.fromEntries(fields) }));
}

function inputOf(
  operation: AuditedOperation,
  entry: AuditedEntry,
): AuditInput | undefined | Promise<AuditInput | undefined> {
  const told = tellOf(operation, entry);
  if (!(told?.isWanted instanceof Promise)) return told && withPromised(told.input);
  const input = withPromised(told.input);
  return told.isWanted.catch(() => undefined).then((isWanted) => (isWanted === false ? undefined : input));
}

function tellOf(operation: AuditedOperation, { options }: AuditedEntry) {
  const { request, args, result, thrown } = operation;
  // The user of the decorator declares the types of the callbacks' parameters.
  const call = { request, args, result, error: thrown?.error } as unknown as AuditedCall;
  // A failure has no result. A callback that reads the result throws, and the event is recorded without the callback's field.
  const isWanted = readSafely(() => options.when?.(call));
  return isWanted === false ? undefined : { isWanted, input: toldBy(operation, options, call) };
}

function toldBy(operation: AuditedOperation, options: AuditedEntry['options'], call: AuditedCall): AuditInput {
  const { changes } = options;
  const isCaptured = changes === 'captured';
  const told = {
    actor: readSafely(() => options.actor?.(call)),
    tenantId: tenantOf(readSafely(() => options.tenantId?.(call))),
    resource: readSafely(() => options.resource?.(call)),
    details: readSafely(() => options.details?.(call)),
    changes: readSafely(() => (changes === 'captured' ? undefined : changes?.(call))),
  } as Pick<AuditInput, (typeof TOLD)[number]>; // the reader of inputs accepts any value in a field
  return {
    ...told,
    severity: options.severity,
    category: options.category,
    reason: givenReason(operation),
    metadata:
      isCaptured || options.includeRequestBody
        ? {
            ...(options.includeRequestBody && { requestBody: readSafely(operation.body) }),
            ...(isCaptured && { changesCaptured: true }),
          }
        : undefined,
  };
}

import { Inject, Injectable, Logger } from '@nestjs/common';
import { AuditAggregator } from '../audit-aggregator.js';
import { mergeAnnotations } from '../context/merge-annotations.js';
import { AuditUnavailableError } from '../errors/audit-unavailable.error.js';
import { errorMessage } from '../errors/error-facts.js';
import type { RequestEnd } from '../event-factory.js';
import type { AuditInput } from '../event/audit-input.js';
import { normalizeText, TEXT_LIMITS } from '../event/normalize-text.js';
import { readSafely } from '../event/read-safely.js';
import type { AuditedCall, AuditedEntry } from './audited-options.js';
import type { AuditedOperation } from './audited-operation.js';
import { operationOutcome } from './operation-outcome.js';

/** Makes the events of audited operations: `attempted` before the handler, and one for each entry at the end. */
@Injectable()
export class OperationRecorder {
  private readonly logger = new Logger('AuditCapture');

  constructor(@Inject(AuditAggregator) private readonly aggregator: AuditAggregator) {}

  /** Records `attempted` for the entries that ask for it. Rejects with AuditUnavailableError: then do not start. */
  async recordAttempts(operation: AuditedOperation): Promise<void> {
    for (const entry of operation.entries.filter(({ options }) => options.attempt)) {
      const said = inputOf(operation, entry);
      if (said) await this.record(operation, entry, { ...said, outcome: 'attempted' }, undefined);
    }
  }

  /**
   * Records the operation's events, once, however often it is called. Resolves when they are delivered; rejects with
   * AuditUnavailableError when one could be stored nowhere and its policy is `closed`.
   *
   * @param statusCode of the response, where there is one
   * @param metadata to add
   */
  recordEnd(operation: AuditedOperation, statusCode?: number, metadata?: AuditInput['metadata']): Promise<void> {
    return (operation.recording ??= this.recordOnce(operation, statusCode, metadata));
  }

  /** The same where nobody waits for it, and so nobody can be told. */
  recordEndInBackground(operation: AuditedOperation, statusCode?: number, metadata?: AuditInput['metadata']): void {
    this.recordEnd(operation, statusCode, metadata).catch((error: unknown) => this.logger.error(errorMessage(error)));
  }

  private async recordOnce(...end: Parameters<OperationRecorder['recordEnd']>): Promise<void> {
    try {
      await this.recordEntries(...end);
    } catch (error) {
      if (error instanceof AuditUnavailableError) throw error;
      this.logger.error(`Cannot record the end of an operation: ${errorMessage(error)}. This is a defect; report it.`);
    }
  }

  /** One entry is the rule, and every promise more costs under AsyncLocalStorage. */
  private recordEntries(
    operation: AuditedOperation,
    statusCode: number | undefined,
    metadata: AuditInput['metadata'],
  ): Promise<unknown> | undefined {
    const { scope, entries } = operation;
    // Within another operation the duration is that one's to tell.
    const durationMs = scope.outer ? undefined : performance.now() - scope.startedAtMs;
    const end = { statusCode, durationMs };
    const [first] = entries;
    if (first && entries.length === 1) return this.recordEntry(operation, first, end, metadata);
    // Async, so that one that throws at once rejects like any other.
    return Promise.all(entries.map(async (entry) => this.recordEntry(operation, entry, end, metadata)));
  }

  private recordEntry(
    operation: AuditedOperation,
    entry: AuditedEntry,
    end: RequestEnd,
    metadata: AuditInput['metadata'],
  ): Promise<unknown> | undefined {
    const { scope, thrown } = operation;
    const fromOptions = inputOf(operation, entry);
    if (!fromOptions) return undefined;
    const seen = operationOutcome(operation, end.statusCode);
    const annotated = scope.annotation ? mergeAnnotations(fromOptions, scope.annotation) : fromOptions;
    const said = metadata ? mergeAnnotations(annotated, { metadata }) : annotated;
    const input = {
      ...said,
      outcome: said.outcome ?? seen.outcome,
      severity: said.severity ?? seen.severity,
      reason: said.reason ?? seen.reason,
      error: thrown?.error,
    };
    return this.record(operation, entry, input, end);
  }

  private record(
    { scope }: AuditedOperation,
    { name, options }: AuditedEntry,
    input: AuditInput,
    end: RequestEnd | undefined,
  ): Promise<unknown> {
    return this.aggregator.recordIn(scope, name, input, end, options);
  }
}

/** What the options say of the operation; `undefined` when it is not to be recorded. */
function inputOf(operation: AuditedOperation, { options }: AuditedEntry): AuditInput | undefined {
  const { request, args, result, thrown } = operation;
  // The callbacks' parameter types are the decorator user's word for what the request, the arguments and the result are.
  const call = { request, args, result, error: thrown?.error } as unknown as AuditedCall;
  // After a failure there is no result, and a callback that reads it throws: it then has nothing to say.
  if (readSafely(() => options.when?.(call)) === false) return undefined;
  return {
    severity: options.severity,
    category: options.category,
    actor: readSafely(() => options.actor?.(call)),
    tenantId: normalizeText(
      readSafely(() => options.tenantId?.(call)),
      TEXT_LIMITS.id,
    ),
    resource: readSafely(() => options.resource?.(call)),
    details: readSafely(() => options.details?.(call)) as Record<string, unknown> | undefined, // any object has fields
    changes: readSafely(() => options.changes?.(call)),
    metadata: options.includeRequestBody ? { requestBody: readSafely(operation.body) } : undefined,
  };
}

import { Inject, Injectable } from '@nestjs/common';
import { AuditAggregator } from '../audit-aggregator.service.js';
import type { AuditEventName } from '../catalogue/define-audit-events.js';
import { Catalogue } from '../catalogue/catalogue.js';
import { foldEventName } from '../catalogue/event-name.js';
import type { ResolvedEventType } from '../catalogue/event-type.js';
import type { AuditReceipt } from '../delivery/receipt.js';
import type { AuditActorInput, AuditInput } from '../event/audit-input.js';
import { translateCall, type CallContext, type CallContextFields, type TranslatedCall } from '../event/call-context.js';
import { toCamelCaseKeys, mergeBothCases } from '../event/key-case.js';
import type { AuditOutcome } from '../../base/event/outcomes.js';
import { readArguments } from '../event/read-arguments.js';
import type { TransactionOptions } from '../transaction/choose-transaction.js';
import { toCallFields, recordCall } from './record-call.js';

/** Fields that are known only at the end of an attempt. */
export interface AttemptResult extends TransactionOptions {
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** The error that made the attempt fail. The event stores the error's name, code and message. */
  readonly error?: unknown;
}

type RecordResult = (outcome: AuditOutcome, reason: string | undefined, end: AttemptResult) => Promise<AuditReceipt>;

/**
 * An operation that was recorded as `attempted`. The first call of a method below records the end; later calls resolve with the receipt of
 * the first call.
 */
export class AuditAttempt {
  private ended: Promise<AuditReceipt> | undefined;

  constructor(
    /** The receipt of the `attempted` event. */
    readonly receipt: AuditReceipt,
    private readonly recordEnd: RecordResult,
  ) {}

  /** Records that the operation succeeded. */
  succeeded(end: AttemptResult = {}): Promise<AuditReceipt> {
    return this.end('success', undefined, end);
  }

  /** Records that a permission check allowed the operation: the same as {@link succeeded}. */
  granted(end: AttemptResult = {}): Promise<AuditReceipt> {
    return this.end('success', undefined, end);
  }

  /** Records that the operation failed. */
  failed(reason?: string, end: AttemptResult = {}): Promise<AuditReceipt> {
    return this.end('failure', reason, end);
  }

  /** Records that the operation was not allowed. */
  denied(reason?: string, end: AttemptResult = {}): Promise<AuditReceipt> {
    return this.end('denied', reason, end);
  }

  private end(outcome: AuditOutcome, reason: string | undefined, end: AttemptResult): Promise<AuditReceipt> {
    return (this.ended ??= this.recordEnd(outcome, reason, end));
  }
}

/** The fields of an {@link AuditTrail} call. */
export interface TrailCall extends Pick<CallContextFields, 'userId' | 'sessionId' | 'resourceType' | 'resourceId'> {
  /**
   * Fields that are not part of an event become details, for example `userId` and `sessionId`. If nothing else names the actor, these two
   * fields describe the actor, except in event types that list them as details. In event types about a user or a session, `userId` or
   * `sessionId` is also the resource.
   */
  readonly context?: CallContext | undefined;
}

const POSITIONAL_ARGUMENTS = {
  ...({ userId: 'id', sessionId: 'id', resourceType: 'text', resourceId: 'id', context: 'fields' } as const),
};

/**
 * Records events by `record(action, { userId, resourceType, context })`, and operations with a start and an end. For code that already
 * calls an audit trail with such methods.
 */
@Injectable()
export class AuditTrail {
  constructor(
    @Inject(AuditAggregator) private readonly audit: AuditAggregator,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
  ) {}

  /**
   * Records one event. `action` is the name of an action (recorded with outcome `success`) or of an event type (`user_login_failed`).
   *
   * @throws `AUDIT_EVENT_NAME_INVALID`, `AUDIT_UNAVAILABLE` like `AuditAggregator.record`
   * @throws `AUDIT_INPUT_INVALID` for a positional argument of the wrong type
   */
  async record(
    action: AuditEventName,
    ...args: [call?: TrailCall, options?: TransactionOptions]
  ): Promise<AuditReceipt> {
    const { call, options } = readArguments(args, POSITIONAL_ARGUMENTS, `record ${action}`);
    return this.write(action, call, {}, options);
  }

  /**
   * Records that an action is attempted. The later event about the end repeats the fields of `call` and adds `metadata.attemptId`, the id
   * of the `attempted` event. `options` apply only to the `attempted` event. The caller records the end with a method of the returned
   * object.
   *
   * @throws like {@link record}
   */
  async attempted(
    action: AuditEventName,
    ...args: [call?: TrailCall, options?: TransactionOptions]
  ): Promise<AuditAttempt> {
    const { call, options } = readArguments(args, POSITIONAL_ARGUMENTS, `record ${action}`);
    const receipt = await this.write(action, call, { outcome: 'attempted' }, options);
    const metadata = { attemptId: receipt.eventId };
    return new AuditAttempt(receipt, (outcome, reason, { details, error, ...ofEnd }) =>
      this.write(action, call, { outcome, reason, details, error, metadata }, ofEnd),
    );
  }

  private async write(
    action: AuditEventName,
    call: unknown,
    more: AuditInput,
    options: TransactionOptions | undefined,
  ): Promise<AuditReceipt> {
    const resolved = this.catalogue.resolve(foldEventName(action), more.outcome);
    const translated = readTrailCall(call, resolved, this.audit.currentActor());
    const { fields, others } = toCallFields(translated, (field) => isListed(resolved, field));
    const event = {
      ...fields,
      ...more,
      details: mergeBothCases({ ...more.details }, others),
      metadata: mergeBothCases({ ...more.metadata }, { ...fields.metadata }),
    };
    return recordCall(this.audit, action, translated.scope, event, options);
  }
}

function readTrailCall(
  call: unknown,
  type: Pick<ResolvedEventType, 'category' | 'details'>,
  current: AuditActorInput | undefined,
): TranslatedCall {
  const { context, userId, sessionId, resourceType, resourceId, ...rest } = toCamelCaseKeys(call);
  const isContext = typeof context === 'object';
  const { userId: subject, sessionId: session, ...about } = { ...rest, ...toCamelCaseKeys(context) };
  if (context !== undefined && !isContext) about.context = context;
  const isNobody = userId === undefined && current?.id === undefined;
  const actorId = userId ?? (isNobody && !isListed(type, 'userId') ? subject : undefined);
  const isOfSession = type.category === 'session' && isListed(type, 'sessionId');
  const actorSession = sessionId ?? (isNobody && !isOfSession ? session : undefined);
  const direct = { userId: actorId, sessionId: actorSession, resourceType, resourceId };
  const translated = translateCall(about, direct, current);
  const others = {
    ...translated.others,
    ...(subject === undefined || (subject === actorId && !isListed(type, 'userId')) ? {} : { userId: subject }),
    ...(session === undefined || (session === actorSession && !isListed(type, 'sessionId'))
      ? {}
      : { sessionId: session }),
  };
  const resource =
    translated.input.resource ??
    toResourceInput('user', isListed(type, 'targetUserId') ? about.targetUserId : undefined) ??
    toResourceInput('user', isListed(type, 'userId') ? subject : undefined);
  return { ...translated, input: { ...translated.input, ...(resource && { resource }) }, others };
}

function isListed({ details }: Pick<ResolvedEventType, 'details'>, name: string): boolean {
  return details !== undefined && 'fields' in details && details.fields.has(name);
}

function toResourceInput(type: string, id: unknown): AuditInput['resource'] {
  return id === undefined ? undefined : { type, id };
}

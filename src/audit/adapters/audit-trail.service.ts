import { Inject, Injectable } from '@nestjs/common';
import { AuditAggregator } from '../audit-aggregator.service.js';
import type { AuditEventName } from '../catalogue/details-of.js';
import { Catalogue } from '../catalogue/catalogue.js';
import { foldEventName } from '../catalogue/event-name.js';
import { AuditContext } from '../context/audit-context.js';
import type { AuditReceipt } from '../delivery/receipt.js';
import type { AuditInput } from '../event/audit-input.js';
import type { CallContext, CallId } from '../event/call-context.js';
import { withBoth } from '../event/either-case.js';
import { AuditAttempt } from './audit-attempt.js';
import type { TransactionOptions } from '../transaction/choose-transaction.js';
import { endOfCall } from './end-of-call.js';
import { namedBy } from './named-by.js';
import { readArguments } from '../event/read-arguments.js';
import { isListed, readTrailCall } from './trail-fields.js';

/** The fields of an {@link AuditTrail} call. */
export interface TrailCall {
  /** Who did it. */
  readonly userId?: CallId | undefined;
  /** The session that it was done in. */
  readonly sessionId?: string | undefined;
  readonly resourceType?: string | undefined;
  readonly resourceId?: CallId | undefined;
  /**
   * Fields without a place of their own become the event's details. `userId` and `sessionId` in here name the user and the session that the
   * event is about: they are details, and also the resource of event types about a user or a session.
   */
  readonly context?: CallContext | undefined;
}

const IN_ORDER = ['userId', 'sessionId', 'resourceType', 'resourceId', 'context'] as const;

/** Offers `record(action, { userId, resourceType, context })` and attempts with their ends, for code that was written for such a trail. */
@Injectable()
export class AuditTrail {
  constructor(
    @Inject(AuditAggregator) private readonly audit: AuditAggregator,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
  ) {}

  /**
   * Records one event: an action (outcome `success`), or an event type whose name contains the outcome (`user_login_failed`).
   *
   * @throws InvalidEventNameError (`AUDIT_EVENT_NAME_INVALID`), AuditUnavailableError (`AUDIT_UNAVAILABLE`) like `AuditAggregator.record`
   */
  record(action: AuditEventName, ...args: [call?: TrailCall, options?: TransactionOptions]): Promise<AuditReceipt> {
    const { call, options } = readArguments(args, IN_ORDER);
    return this.write(action, call, {}, options);
  }

  /**
   * Records that an action is attempted. Its end repeats the fields given here and adds `metadata.attemptId`, the id of the `attempted`
   * event. `options` apply to that event only; an end takes its own. An attempt is never ended automatically: without a call that ends it,
   * it stays open.
   *
   * @throws like {@link record}
   */
  async attempted(
    action: AuditEventName,
    ...args: [call?: TrailCall, options?: TransactionOptions]
  ): Promise<AuditAttempt> {
    const { call, options } = readArguments(args, IN_ORDER);
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
    const name = foldEventName(action);
    const resolved = this.catalogue.resolve(name, more.outcome);
    const { scope, input, unfit, ...placeless } = readTrailCall(call, resolved, this.audit.currentActor());
    const { end, others } = endOfCall(placeless.others, (field) => isListed(resolved, field));
    const event = {
      ...namedBy(action),
      ...unfit,
      ...end,
      ...input,
      ...more,
      details: withBoth({ ...more.details }, others),
      metadata: withBoth({ ...more.metadata }, { ...input.metadata }),
    };
    return AuditContext.run(scope, () => this.audit.record(name, event, options));
  }
}

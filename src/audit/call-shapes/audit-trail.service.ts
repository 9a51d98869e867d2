import { Inject, Injectable } from '@nestjs/common';
import { AuditAggregator } from '../audit-aggregator.js';
import type { AuditEventName } from '../catalogue/details-of.js';
import { AuditContext } from '../context/audit-context.js';
import type { AuditReceipt } from '../delivery/receipt.js';
import type { AuditInput } from '../event/audit-input.js';
import { AuditAttempt } from './audit-attempt.js';
import { translateCall, type CallContext, type CallId } from './call-context.js';

/** What {@link AuditTrail} is told of an action. */
export interface TrailCall {
  readonly userId?: CallId | undefined;
  readonly resourceType?: string | undefined;
  readonly resourceId?: CallId | undefined;
  /** Fields that have no place of their own are the event's details. */
  readonly context?: CallContext | undefined;
}

/** `record(action, { userId, resourceType, context })`, and attempts with their ends, for those who come from such a trail. */
@Injectable()
export class AuditTrail {
  constructor(@Inject(AuditAggregator) private readonly audit: AuditAggregator) {}

  /**
   * Records one event: an action (outcome `success`), or an event type that says its outcome (`user_login_failed`).
   *
   * @throws InvalidEventNameError (`AUDIT_EVENT_NAME_INVALID`), AuditUnavailableError (`AUDIT_UNAVAILABLE`): as
   *   `AuditAggregator.record`
   */
  record(action: AuditEventName, call: TrailCall = {}): Promise<AuditReceipt> {
    return this.write(action, call, {});
  }

  /**
   * Records that an action is attempted. Its end repeats what was said here, with `metadata.attemptId`: the id of the
   * `attempted` event. Nothing ends it by itself: an attempt without an end is one that never came to an end.
   *
   * @throws as {@link record}
   */
  async attempted(action: AuditEventName, call: TrailCall = {}): Promise<AuditAttempt> {
    const receipt = await this.write(action, call, { outcome: 'attempted' });
    const metadata = { attemptId: receipt.eventId };
    return new AuditAttempt(receipt, (outcome, reason, { details, error }) =>
      this.write(action, call, { outcome, reason, details, error, metadata }),
    );
  }

  private async write(action: AuditEventName, call: TrailCall, more: AuditInput): Promise<AuditReceipt> {
    const { context, userId, resourceType, resourceId } = call;
    const { scope, input, others } = translateCall(context, { userId, resourceType, resourceId });
    const event = {
      ...input,
      ...more,
      details: { ...others, ...more.details },
      metadata: { ...input.metadata, ...more.metadata },
    };
    return AuditContext.run(scope, () => this.audit.record(action, event));
  }
}

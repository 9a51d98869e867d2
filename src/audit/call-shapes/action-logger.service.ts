import { Inject, Injectable, Logger } from '@nestjs/common';
import { AuditAggregator } from '../audit-aggregator.js';
import { AuditContext } from '../context/audit-context.js';
import { errorMessage } from '../errors/error-facts.js';
import type { AuditReceipt } from '../delivery/receipt.js';
import { translateCall, type CallId } from './call-context.js';

/** What {@link ActionLogger.logAction} is told. */
export interface LogActionCall {
  readonly adminUserId: CallId;
  /** An action, an event type, an alias or a name of your own, in any case: `USER_SUSPENDED` is `user_suspended`. */
  readonly action: string;
  readonly targetType?: string | undefined;
  readonly targetId?: CallId | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly ipAddress?: string | undefined;
  readonly userAgent?: string | undefined;
  readonly requestId?: string | undefined;
}

/** `logAction({ … })`: what administrators do, for those who come from a logger that answers yes or no. */
@Injectable()
export class ActionLogger {
  private readonly logger = new Logger('ActionLogger');

  constructor(@Inject(AuditAggregator) private readonly audit: AuditAggregator) {}

  /**
   * Records one event by an administrator. Resolves with whether it was logged: stored by a provider, or kept in a spill to
   * be stored later. Never rejects, whatever the call holds and whatever `onFailure` says; why not is in the log.
   */
  async logAction(call: LogActionCall): Promise<boolean> {
    try {
      const { adminUserId, action, targetType, targetId, details, ipAddress, userAgent, requestId } = call;
      const direct = { ipAddress, userAgent, requestId, resourceType: targetType, resourceId: targetId };
      const { scope, input } = translateCall(undefined, direct);
      const name = action.trim().toLowerCase().replace(/\s+/g, '_');
      const actor = { type: 'admin' as const, id: adminUserId };
      const receipt = await AuditContext.run({ ...scope, actor }, () => this.audit.record(name, { ...input, details }));
      return isLogged(receipt);
    } catch (error) {
      this.logger.error(`Cannot log an administrator's action: ${errorMessage(error)}`);
      return false;
    }
  }
}

function isLogged({ recorded, providers }: AuditReceipt): boolean {
  return recorded || Object.values(providers).some(({ status }) => status === 'spilled');
}

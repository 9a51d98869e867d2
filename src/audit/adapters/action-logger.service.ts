import { Inject, Injectable, Logger } from '@nestjs/common';
import { AuditAggregator } from '../audit-aggregator.service.js';
import { getErrorMessage } from '../../base/errors/error-facts.js';
import type { AuditReceipt } from '../delivery/receipt.js';
import { toFields, translateCall, type CallContextFields, type CallId } from '../event/call-context.js';
import { toCamelCaseKeys, mergeBothCases } from '../event/key-case.js';
import type { CalledRequest } from '../../base/event/request-fields.js';
import type { TransactionOptions } from '../transaction/choose-transaction.js';
import { readArguments } from '../event/read-arguments.js';
import { toCallFields, recordCall } from './record-call.js';

/** The fields of an {@link ActionLogger.logAction} call. Fields that this interface does not name are stored in the metadata. */
export interface LogActionCall extends CalledRequest, Pick<CallContextFields, 'sessionId' | 'companyId'> {
  readonly adminUserId: CallId;
  /** An action, an event type, an alias or a name of your own, in upper or lower case: `USER_SUSPENDED` is `user_suspended`. */
  readonly action: string;
  readonly targetType?: string | undefined;
  /** Without a `targetType`, the resource's type is `unknown`. */
  readonly targetId?: CallId | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

const POSITIONAL_ARGUMENTS = {
  ...({ adminUserId: 'id', action: 'text', targetType: 'text', targetId: 'id', details: 'fields' } as const),
  ...({ sessionId: 'id', companyId: 'id', ipAddress: 'text', userAgent: 'text', requestId: 'text' } as const),
};

/** Records administrators' actions by `logAction({ … })`, which returns whether the action was logged. */
@Injectable()
export class ActionLogger {
  private readonly logger = new Logger('ActionLogger');

  constructor(@Inject(AuditAggregator) private readonly audit: AuditAggregator) {}

  /**
   * Records one event by an administrator. Resolves with `true` if a provider or the spill stored the event, or a transaction will store
   * it. Never rejects, even for invalid input or with `onFailure: 'closed'`. If the result is `false`, the application's log contains the
   * reason.
   */
  async logAction(...args: [call: LogActionCall, options?: TransactionOptions]): Promise<boolean> {
    try {
      const { call, options } = readArguments(args, POSITIONAL_ARGUMENTS, 'log the action');
      const { adminUserId, action, targetType, targetId, details, ...rest } = toCamelCaseKeys(call);
      const { metadata, ...about } = rest;
      const direct = { ...about, userId: adminUserId, resourceType: targetType, resourceId: targetId };
      const translated = translateCall({ metadata }, direct);
      const { fields, others } = toCallFields(translated);
      const event = {
        ...fields,
        details: toFields(details, 'value'),
        metadata: mergeBothCases(others, { ...fields.metadata }),
      };
      const actor = { ...translated.scope.actor, type: 'admin' as const };
      const receipt = await recordCall(this.audit, action, { ...translated.scope, actor }, event, options);
      return isLogged(receipt);
    } catch (error) {
      this.logger.error(`Cannot log an administrator's action: ${getErrorMessage(error)}`);
      return false;
    }
  }
}

const RECORDED_STATUSES: ReadonlySet<string> = new Set(['accepted', 'spilled', 'deferred']);

function isLogged({ recorded, providers }: AuditReceipt): boolean {
  return recorded || Object.values(providers).some(({ status }) => RECORDED_STATUSES.has(status));
}

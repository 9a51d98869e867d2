import { Inject, Injectable } from '@nestjs/common';
import { AuditAggregator } from '../audit-aggregator.service.js';
import type { AuditEventName } from '../catalogue/define-audit-events.js';
import type { AuditLogLevel } from './compatibility-constants.js';
import { checkCallOptions } from '../check-call-options.js';
import { getCurrentScope } from '../context/audit-context.js';
import { toFields, translateCall, type CallContext, type CallContextFields } from '../event/call-context.js';
import { toCamelCaseKeys, mergeBothCases, type EitherCase } from '../event/key-case.js';
import { readFieldSafely } from '../../base/read-safely.js';
import type { TransactionOptions } from '../transaction/choose-transaction.js';
import { readArguments } from '../event/read-arguments.js';
import { toCallFields, recordCall } from './record-call.js';

const DEFAULT_RETENTION_DAYS = 90;

interface CamelCaseOptions {
  /** Whether to store the redacted body of the current HTTP request in `metadata.requestBody`. @defaultValue false */
  readonly includeRequestBody?: boolean | undefined;
  /** The names of fields to redact, in addition to the application's `sensitiveFields`. */
  readonly sensitiveFields?: readonly string[] | undefined;
  /** Whether to anonymise the event. Default: the application's `anonymize`. */
  readonly anonymizeData?: boolean | undefined;
  /** Whether to store the states before and after the change. `changes` are always stored. @defaultValue false */
  readonly captureBeforeAfter?: boolean | undefined;
  /** How many days to retain the event. The event stores this number as `metadata.retentionDays`. @defaultValue 90 */
  readonly retentionPeriod?: number | undefined;
}

/** The options of {@link EventLogger.logEvent}, in snake_case or camelCase. */
export type LogEventOptions = EitherCase<CamelCaseOptions>;

/** The fields of an {@link EventLogger.logEvent} call. Fields that this interface does not name are treated like fields of `context`. */
export interface LogEventCall extends Pick<CallContextFields, 'userId' | 'ipAddress' | 'resourceType' | 'resourceId'> {
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly context?: CallContext | undefined;
  /** The level, in upper or lower case. An unknown level is stored in the metadata. Default: the event type's severity. */
  readonly level?: AuditLogLevel | undefined;
  readonly options?: LogEventOptions | undefined;
}

const POSITIONAL_ARGUMENTS = {
  ...({ userId: 'id', ipAddress: 'text', resourceId: 'id', resourceType: 'text', details: 'fields' } as const),
  ...({ context: 'fields', level: 'text', options: 'fields' } as const),
};

/** Records events by `logEvent(eventType, { … })`, for code that expects a logger with such a method. */
@Injectable()
export class EventLogger {
  constructor(@Inject(AuditAggregator) private readonly audit: AuditAggregator) {}

  /**
   * Records one event, like `AuditAggregator.record`, and resolves with the event's id. Missing fields come from the current request or
   * job.
   *
   * @throws `AUDIT_OPTIONS_INVALID` for unknown options and invalid values
   * @throws `AUDIT_INPUT_INVALID` for a positional argument of the wrong type
   * @throws `AUDIT_EVENT_NAME_INVALID`, `AUDIT_UNAVAILABLE` like `record`
   */
  async logEvent(
    eventType: AuditEventName,
    ...args: [call?: LogEventCall, options?: TransactionOptions]
  ): Promise<string> {
    const { call, options } = readArguments(args, POSITIONAL_ARGUMENTS, `log the event ${eventType}`);
    const { details, context, level, options: input, ...direct } = toCamelCaseKeys(call);
    const current = this.audit.currentActor();
    const translated = translateCall(toFields(context, 'context'), direct, current);
    const { fields, others } = toCallFields(translated);
    const asked = toCamelCaseKeys(input) as CamelCaseOptions; // the fields of LogEventOptions
    checkCallOptions('logEvent', asked, `log the event ${eventType}`);
    const { retentionPeriod = DEFAULT_RETENTION_DAYS } = asked;
    const isPeriod = Number.isFinite(retentionPeriod) && retentionPeriod > 0;
    const ofCall = {
      ...(isPeriod && { retentionDays: retentionPeriod }),
      ...(asked.includeRequestBody ? { requestBody: readFieldSafely(getCurrentScope()?.httpRequest, 'body') } : {}),
      ...(typeof input === 'object' ? {} : toFields(input, 'options')),
    };
    const event = {
      ...fields,
      ...(!isPeriod && { retentionPeriod }),
      changes: asked.captureBeforeAfter ? fields.changes : fields.changes && { diff: fields.changes.diff },
      level,
      details: toFields(details, 'value'),
      metadata: mergeBothCases(mergeBothCases(ofCall, { ...fields.metadata }), others),
    };
    const privacy = { sensitiveFields: asked.sensitiveFields, anonymize: asked.anonymizeData };
    const { eventId } = await recordCall(this.audit, eventType, translated.scope, event, { ...options, ...privacy });
    return eventId;
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { AuditAggregator } from '../audit-aggregator.js';
import type { AuditEventName } from '../catalogue/details-of.js';
import { AuditContext, currentScope } from '../context/audit-context.js';
import type { AuditSeverity } from '../event/outcomes.js';
import { readSafely } from '../event/read-safely.js';
import { translateCall, type CallContext, type CallId } from './call-context.js';
import { inCamelCase, type EitherCase } from './either-case.js';

/** How many days an event is meant to be kept when the caller does not say. */
const DEFAULT_RETENTION_DAYS = 90;

/** The levels of `logEvent`, and our severities. */
const SEVERITY_OF_LEVEL = {
  debug: 'info',
  info: 'info',
  warn: 'warning',
  warning: 'warning',
  error: 'error',
  critical: 'critical',
} as const satisfies Record<string, AuditSeverity>;

export type LogLevel = keyof typeof SEVERITY_OF_LEVEL;

/** The options of {@link EventLogger.logEvent}, in snake_case or camelCase. */
export type LogEventOptions = EitherCase<{
  /** Keep the body of the current HTTP request, redacted, in `metadata.requestBody`. @defaultValue false */
  readonly includeRequestBody?: boolean | undefined;
  /** Names of fields to redact besides the application's. */
  readonly sensitiveFields?: readonly string[] | undefined;
  /** Default: as the application's `anonymize` says. */
  readonly anonymizeData?: boolean | undefined;
  /** Whether the states before and after, and what changed, are kept. @defaultValue true */
  readonly captureBeforeAfter?: boolean | undefined;
  /** In days, kept in `metadata.retentionDays`. @defaultValue 90 */
  readonly retentionPeriod?: number | undefined;
}>;

/** What {@link EventLogger.logEvent} is told. */
export interface LogEventCall {
  readonly userId?: CallId | undefined;
  readonly ipAddress?: string | undefined;
  readonly resourceType?: string | undefined;
  readonly resourceId?: CallId | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly context?: CallContext | undefined;
  /** Default: the event type's severity. */
  readonly level?: LogLevel | undefined;
  readonly options?: LogEventOptions | undefined;
}

/** `logEvent(eventType, { … })`: for those who come from a logger with one flat call. Does what `AuditAggregator` does. */
@Injectable()
export class EventLogger {
  constructor(@Inject(AuditAggregator) private readonly audit: AuditAggregator) {}

  /**
   * Records one event and resolves with its id, as `AuditAggregator.record` does. What the call does not say comes from
   * the current request or job.
   *
   * @throws InvalidEventNameError (`AUDIT_EVENT_NAME_INVALID`), AuditUnavailableError (`AUDIT_UNAVAILABLE`): as `record`
   */
  async logEvent(eventType: AuditEventName, call: LogEventCall = {}): Promise<string> {
    // Read so that a careless caller's null costs nothing; the fields are the same, in camelCase.
    const read = inCamelCase(call) as LogEventCall;
    const { userId, ipAddress, resourceId, resourceType, details, context, level, options } = read;
    const { scope, input, others } = translateCall(context, { userId, ipAddress, resourceId, resourceType });
    const asked = inCamelCase(options) as LogEventOptions; // the same fields, in camelCase
    const event = {
      ...input,
      changes: asked.captureBeforeAfter === false ? undefined : input.changes,
      severity: level && SEVERITY_OF_LEVEL[level],
      details,
      metadata: {
        ...others,
        ...input.metadata,
        ...(asked.includeRequestBody ? { requestBody: requestBody() } : {}),
        retentionDays: asked.retentionPeriod ?? DEFAULT_RETENTION_DAYS,
      },
    };
    const privacy = { sensitiveFields: asked.sensitiveFields, anonymize: asked.anonymizeData };
    const { eventId } = await AuditContext.run(scope, () => this.audit.record(eventType, event, privacy));
    return eventId;
  }
}

/** The body of the current HTTP request, as the framework parsed it. */
function requestBody(): unknown {
  return readSafely(() => (currentScope()?.httpRequest as { readonly body?: unknown } | undefined)?.body); // Express, Fastify
}

import { Inject, Injectable } from '@nestjs/common';
import { AuditAggregator } from '../audit-aggregator.service.js';
import type { AuditEventName } from '../catalogue/details-of.js';
import { AuditContext, currentScope } from '../context/audit-context.js';
import type { AuditSeverity } from '../event/outcomes.js';
import { readSafely } from '../event/read-safely.js';
import type { TransactionOptions } from '../transaction/choose-transaction.js';
import { asFields, translateCall, withMark, type CallContext, type CallId } from './call-context.js';
import { inCamelCase, withBoth, type EitherCase } from './either-case.js';

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

/** What {@link EventLogger.logEvent} is told. Fields of other names are kept as those of the context are. */
export interface LogEventCall {
  readonly userId?: CallId | undefined;
  readonly ipAddress?: string | undefined;
  readonly resourceType?: string | undefined;
  /** Without a `resourceType`, that is `unknown`. */
  readonly resourceId?: CallId | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly context?: CallContext | undefined;
  /** In any case. An unknown one is kept in the metadata. Default: the event type's severity. */
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
  async logEvent(
    eventType: AuditEventName,
    call: LogEventCall = {},
    options: TransactionOptions = {},
  ): Promise<string> {
    const { details, context, level, options: given, ...direct } = inCamelCase(call);
    const { scope, input, others } = translateCall(asFields(context, 'context'), direct, this.audit.currentActor());
    const asked = inCamelCase(given) as LogEventOptions; // the same fields, in camelCase
    const severity = severityOf(level);
    const isUnfit = level !== undefined && severity === undefined;
    const ofCall = {
      retentionDays: asked.retentionPeriod ?? DEFAULT_RETENTION_DAYS,
      ...(asked.includeRequestBody ? { requestBody: requestBody() } : {}),
      ...(isUnfit ? { level } : {}),
      ...(typeof given === 'object' ? {} : asFields(given, 'options')),
    };
    const metadata = withBoth(withBoth(ofCall, { ...input.metadata }), others);
    const event = {
      ...input,
      changes: asked.captureBeforeAfter === false ? undefined : input.changes,
      severity,
      details: asFields(details, 'value'),
      metadata: withMark(metadata, isUnfit ? ['level'] : []),
    };
    const privacy = { sensitiveFields: asked.sensitiveFields, anonymize: asked.anonymizeData };
    const record = () => this.audit.record(eventType, event, { ...options, ...privacy });
    const { eventId } = await AuditContext.run(scope, record);
    return eventId;
  }
}

function severityOf(level: unknown): AuditSeverity | undefined {
  const name = typeof level === 'string' ? level.trim().toLowerCase() : '';
  return Object.hasOwn(SEVERITY_OF_LEVEL, name) ? SEVERITY_OF_LEVEL[name as LogLevel] : undefined; // looked up
}

/** The body of the current HTTP request, as the framework parsed it. */
function requestBody(): unknown {
  return readSafely(() => (currentScope()?.httpRequest as { readonly body?: unknown } | undefined)?.body); // Express, Fastify
}

import { z } from 'zod';
import { enumOption, type RawOptions } from '../../../audit/option-schemas.js';
import { parseJson, type AuditSeverity } from '../../../audit/nest-free.js';
import { pickUnmappedFields } from '../../../monitoring/read/export/formats/ocsf-class.js';
import { PRODUCT, canonicalLine } from '../formats/line-text.js';
import { defineDestination, type PackageDestination } from '../define-destination.js';
import { type StreamResult, type StreamBatch, type StreamedEvent, listEntries } from '../stream-destination.js';
import { getBatchFacts, formatLine } from '../formats/stream-format.js';
import { HttpSender } from './http-sender.js';
import { HEADERS, requireHttps, NETWORK, URL_TEXT, type NetworkOptions } from './option-schemas.js';

const OTLP_FORMATS = ['json', 'ocsf', 'ecs'] as const;

const OPTIONS = {
  /** The URL with its path: `https://collector.example.com:4318/v1/logs`. */
  url: URL_TEXT,
  /** Additional headers of each request, for example for authorization. Set this when your collector or vendor asks for a token. */
  headers: HEADERS.optional(),
  /** The format of a log record's body. Set this when the system behind the collector expects OCSF or ECS. */
  format: enumOption(OTLP_FORMATS).default('json'),
};

/**
 * An OpenTelemetry collector, which receives log records by OTLP over HTTP, as JSON.
 *
 * @title OpenTelemetry
 * @remarks
 * `{ type: 'otlp', url: 'https://collector.example.com:4318/v1/logs', headers }`, to the `otlp` receiver with `http`. Give the collector's
 * exporters a persistent queue, because it acknowledges what it may lose.
 */
export interface OtlpDestinationOptions extends RawOptions<typeof OPTIONS>, NetworkOptions {
  readonly type: 'otlp';
}

/** OpenTelemetry's numbers for the severities INFO, WARN, ERROR and FATAL. */
const SEVERITIES: Readonly<Record<AuditSeverity, number>> = { info: 9, warning: 13, error: 17, critical: 21 };
const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;

type Value = string | number | undefined;

const MAPPED_FIELDS = ['id', 'ip', 'userAgent', 'method', 'route', 'statusCode', 'durationMs', 'traceId'] as const;

/** Posts each batch as one request. OTLP does not name rejected records, so the stream bisects the batch to find the rejected events. */
export const otlp: PackageDestination<OtlpDestinationOptions> = defineDestination({
  type: 'otlp',
  options: z.object({ ...OPTIONS, ...NETWORK }).refine(...requireHttps('url')),
  secrets: ['headers'],
  describe: ({ url }) => `otlp ${new URL(url).origin}`,
  acknowledgment: 'received',
  create: ({ headers = {}, format, ...options }, source) => {
    const { origin, version } = source;
    const resource = { attributes: toAttributes({ 'service.name': origin }) };
    const scope = { name: PRODUCT, version };
    return new HttpSender(options, {
      buildHeaders: () => ({ ...headers, 'content-type': 'application/json' }),
      buildBodies: (batch) => {
        const logRecords = listEntries(batch).map((entry) =>
          toLogRecord(entry, batch, formatLine(format, entry, source)),
        );
        return [canonicalLine({ resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords }] }] })];
      },
      parseResponse: ({ isSuccess, body }) => (isSuccess ? parseExportResponse(body) : undefined),
    });
  },
});

function parseExportResponse(body: string): StreamResult {
  const { partialSuccess } = Object(body === '' ? {} : parseJson(body)) as {
    readonly partialSuccess?: { readonly rejectedLogRecords?: string | number; readonly errorMessage?: string };
  };
  const rejected = Number(partialSuccess?.rejectedLogRecords ?? 0);
  if (rejected === 0) return { outcome: 'accepted' };
  return {
    outcome: 'refused',
    reason: `it rejected ${rejected} records: ${partialSuccess?.errorMessage ?? ''}`.trim(),
  };
}

function toLogRecord(entry: StreamedEvent, batch: StreamBatch, text: string): object {
  const { id, index, leafHash, event } = entry;
  const { actor, request, error, tenantId } = event;
  const nanoseconds = `${Date.parse(event.occurredAt)}000000`;
  const facts: readonly (readonly [string, Value])[] = Object.entries(getBatchFacts(batch, entry));
  return {
    timeUnixNano: nanoseconds,
    observedTimeUnixNano: nanoseconds,
    severityNumber: SEVERITIES[event.severity],
    severityText: event.severity,
    eventName: event.type,
    body: { stringValue: text },
    attributes: toAttributes({
      'log.record.uid': id,
      'audit.index': index,
      'audit.leaf_hash': leafHash,
      'audit.action': event.action,
      'audit.outcome': event.outcome,
      'audit.category': event.category,
      'audit.tenant': tenantId,
      'user.id': actor.id,
      'user.name': actor.name,
      'session.id': actor.sessionId,
      'client.address': request?.ip,
      'http.request.method': request?.method,
      'http.route': request?.route,
      'http.response.status_code': request?.statusCode,
      'user_agent.original': request?.userAgent,
      ...pickUnmappedFields(request, MAPPED_FIELDS, ({ column }) => `audit.${column}`),
      'error.type': error?.name,
      ...Object.fromEntries(facts.map(([name, value]) => [`audit.batch.${name}`, value])),
    }),
    ...(TRACE_ID.test(request?.traceId ?? '') ? { traceId: request?.traceId } : {}),
  };
}

/** The JSON form of protocol buffers encodes 64-bit integers as strings. */
function toAttributes(values: Readonly<Record<string, Value>>): readonly object[] {
  return Object.entries(values).flatMap(([key, value]) => {
    if (value === undefined) return [];
    return [{ key, value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value } }];
  });
}

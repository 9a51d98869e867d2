import type { AuditSeverity } from '../../../audit/plain.js';
import { PRODUCT, type FormatSource } from './format-source.js';
import type { StreamedEvent } from '../stream-destination.js';
import { canonicalLine, lineText } from './line-text.js';

/** LEEF's severities range from 1 to 10. */
const SEVERITIES: Readonly<Record<AuditSeverity, number>> = { info: 2, warning: 5, error: 8, critical: 10 };

/**
 * Formats an event as one line of IBM's Log Event Extended Format 2.0, with tabs between attributes. The format has no escapes: tabs and line
 * breaks in texts become spaces, and pipes in the header become underscores. Pure.
 */
export function leefLineOf(streamed: StreamedEvent, source: FormatSource): string {
  const header = [PRODUCT, PRODUCT, source.version, streamed.event.type].map((text) =>
    lineText(text, ' ').replaceAll('|', '_'),
  );
  const attributes = Object.entries(attributesOf(streamed, source))
    .filter(([, value]) => value !== undefined && value !== '' && value !== '{}')
    .map(([key, value]) => `${key}=${lineText(String(value), ' ')}`);
  return `LEEF:2.0|${header.join('|')}|x09|${attributes.join('\t')}`;
}

function attributesOf(
  { index, id, event, leafHash }: StreamedEvent,
  { origin }: FormatSource,
): Readonly<Record<string, string | number | undefined>> {
  const { actor, resource, request, error } = event;
  return {
    devTime: event.occurredAt.replace('Z', '+0000'),
    devTimeFormat: "yyyy-MM-dd'T'HH:mm:ss.SSSZ",
    cat: event.category,
    sev: SEVERITIES[event.severity],
    src: request?.ip,
    usrName: actor.name ?? actor.id,
    role: actor.type,
    resource: resource && [resource.type, resource.id ?? ''].join('/'),
    url: request?.route,
    eventId: id,
    index,
    leafHash,
    origin,
    action: event.action,
    outcome: event.outcome,
    reason: event.reason,
    tenant: event.tenantId,
    actorId: actor.id,
    sessionId: actor.sessionId,
    onBehalfOf: actor.onBehalfOf && `${actor.onBehalfOf.type}/${actor.onBehalfOf.id}`,
    requestId: request?.id,
    requestMethod: request?.method,
    statusCode: request?.statusCode,
    durationMs: request?.durationMs,
    userAgent: request?.userAgent,
    traceId: request?.traceId,
    error: error && [error.name, error.code, error.message].filter(Boolean).join(' '),
    changes: event.changes && canonicalLine(event.changes),
    details: canonicalLine(event.details),
    metadata: canonicalLine(event.metadata),
  };
}

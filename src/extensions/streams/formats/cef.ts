import { isIPv6 } from 'node:net';
import type { AuditSeverity, JsonValue } from '../../../audit/nest-free.js';
import { pickUnmappedFields } from '../../../monitoring/read/export/formats/ocsf-class.js';
import { describeEvent, PRODUCT, type FormatSource, canonicalLine, cutText, toSingleLine } from './line-text.js';
import type { StreamedEvent } from '../stream-destination.js';

/** CEF's severities range from 0 to 10. */
const SEVERITIES: Readonly<Record<AuditSeverity, number>> = { info: 3, warning: 6, error: 8, critical: 10 };

/** The third element is the maximum length of the value in CEF's dictionary. */
type Extension = readonly [string, string | number | undefined, number?];

const MAX_VALUE_LENGTH = 1_023;
const MAX_CUSTOM = 4_000;

/**
 * Formats an event as one line of ArcSight's Common Event Format, version 0. Long texts are cut, and `msg` names the keys of the cut texts.
 * Pure.
 */
export function formatCef(streamed: StreamedEvent, source: FormatSource): string {
  const { type, action, outcome, severity } = streamed.event;
  const header = [PRODUCT, PRODUCT, source.version, type, `${action} ${outcome}`].map(escapeHeader);
  const input = buildExtensions(streamed, source).filter(([, value]) => value !== undefined && value !== '');
  const cut = input.flatMap(([key, value, limit = MAX_CUSTOM]) => (String(value).length > limit ? [key] : []));
  const note = cut.length === 0 ? '' : ` [cut: ${cut.join(' ')}]`;
  const message = cutText(describeEvent(streamed.event), MAX_VALUE_LENGTH - note.length) + note;
  const pairs = input.map(
    ([key, value, limit = MAX_CUSTOM]) => `${key}=${escapeExtension(cutText(String(value), limit))}`,
  );
  return `CEF:0|${header.join('|')}|${SEVERITIES[severity]}|${pairs.join(' ')} msg=${escapeExtension(message)}`;
}

const MAPPED_FIELDS = ['id', 'ip', 'userAgent', 'method', 'route', 'statusCode', 'durationMs'] as const;

function buildExtensions({ index, id, event, leafHash }: StreamedEvent, source: FormatSource): readonly Extension[] {
  const { actor, request, resource, error } = event;
  return [
    ['rt', Date.parse(event.occurredAt)],
    ['externalId', id, 40],
    ['deviceExternalId', source.origin, 255],
    ['cat', event.category, MAX_VALUE_LENGTH],
    ['act', event.action, 63],
    ['outcome', event.outcome, 63],
    ['reason', event.reason, MAX_VALUE_LENGTH],
    ['suid', actor.id, MAX_VALUE_LENGTH],
    ['suser', actor.name, MAX_VALUE_LENGTH],
    ['spriv', actor.type, MAX_VALUE_LENGTH],
    ...buildAddressExtension(request?.ip),
    ['requestMethod', request?.method, MAX_VALUE_LENGTH],
    ['request', request?.route, MAX_VALUE_LENGTH],
    ['requestClientApplication', request?.userAgent, MAX_VALUE_LENGTH],
    ...buildCustomExtension('cs1', 'tenant', event.tenantId),
    ...buildCustomExtension('cs2', 'resource', resource && [resource.type, resource.id ?? ''].join('/')),
    ...buildCustomExtension('cs3', 'requestId', request?.id),
    ...buildCustomExtension('cs4', 'details', stringifyJson(event.details)),
    ...buildCustomExtension('cs5', 'changes', stringifyJson(event.changes)),
    ...buildCustomExtension('cs6', 'leafHash', leafHash),
    ...buildCustomExtension('cn1', 'index', index),
    ...buildCustomExtension('cn2', 'statusCode', request?.statusCode),
    ...buildCustomExtension(
      'cn3',
      'durationMs',
      request?.durationMs === undefined ? undefined : Math.round(request.durationMs),
    ),
    ...buildCustomExtension('flexString1', 'session', actor.sessionId, MAX_VALUE_LENGTH),
    ...buildCustomExtension(
      'flexString2',
      'error',
      error && [error.name, error.code, error.message].filter(Boolean).join(' '),
      MAX_VALUE_LENGTH,
    ),
    ['AuditLedgerOnBehalfOf', actor.onBehalfOf && `${actor.onBehalfOf.type}/${actor.onBehalfOf.id}`],
    ...Object.entries(
      pickUnmappedFields(request, MAPPED_FIELDS, ({ name }) => `AuditLedger${name[0]?.toUpperCase()}${name.slice(1)}`),
    ),
    ['AuditLedgerResourceName', resource?.name],
    ['AuditLedgerRelated', event.related && canonicalLine(event.related)],
    ['AuditLedgerMetadata', stringifyJson(event.metadata)],
  ];
}

function buildCustomExtension(
  key: string,
  label: string,
  value: string | number | undefined,
  limit?: number,
): readonly Extension[] {
  if (value === undefined) return [];
  return [limit === undefined ? [key, value] : [key, value, limit], [`${key}Label`, label]];
}

/** `src` accepts only IPv4. */
function buildAddressExtension(ip: string | undefined): readonly Extension[] {
  if (ip === undefined) return [];
  return isIPv6(ip) ? buildCustomExtension('c6a2', 'Source IPv6 Address', ip) : [['src', ip]];
}

function stringifyJson(value: JsonValue | object | undefined): string | undefined {
  const json = value === undefined ? '{}' : canonicalLine(value);
  return json === '{}' ? undefined : json;
}

function escapeHeader(text: string): string {
  return toSingleLine(text, ' ').replace(/[\\|]/g, String.raw`\$&`);
}

function escapeExtension(text: string): string {
  return toSingleLine(text.replace(/[\\=]/g, String.raw`\$&`), String.raw`\n`);
}

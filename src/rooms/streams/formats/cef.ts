import { isIPv6 } from 'node:net';
import type { AuditSeverity, JsonValue } from '../../../audit/nest-free.js';
import { unplaced } from '../../../monitoring/read/export/formats/ocsf-class.js';
import { describeEvent, PRODUCT, type FormatSource, canonicalLine, cutText, lineText } from './line-text.js';
import type { StreamedEvent } from '../stream-destination.js';

/** CEF's severities range from 0 to 10. */
const SEVERITIES: Readonly<Record<AuditSeverity, number>> = { info: 3, warning: 6, error: 8, critical: 10 };

/** The third element is the maximum length of the value in CEF's dictionary. */
type Extension = readonly [string, string | number | undefined, number?];

const MOST = 1_023;
const MOST_CUSTOM = 4_000;

/**
 * Formats an event as one line of ArcSight's Common Event Format, version 0. Long texts are cut, and `msg` names the keys of the cut texts.
 * Pure.
 */
export function cefLineOf(streamed: StreamedEvent, source: FormatSource): string {
  const { type, action, outcome, severity } = streamed.event;
  const header = [PRODUCT, PRODUCT, source.version, type, `${action} ${outcome}`].map(headerText);
  const given = extensionsOf(streamed, source).filter(([, value]) => value !== undefined && value !== '');
  const cut = given.flatMap(([key, value, limit = MOST_CUSTOM]) => (String(value).length > limit ? [key] : []));
  const note = cut.length === 0 ? '' : ` [cut: ${cut.join(' ')}]`;
  const message = cutText(describeEvent(streamed.event), MOST - note.length) + note;
  const pairs = given.map(
    ([key, value, limit = MOST_CUSTOM]) => `${key}=${extensionText(cutText(String(value), limit))}`,
  );
  return `CEF:0|${header.join('|')}|${SEVERITIES[severity]}|${pairs.join(' ')} msg=${extensionText(message)}`;
}

const PLACED = ['id', 'ip', 'userAgent', 'method', 'route', 'statusCode', 'durationMs'] as const;

function extensionsOf({ index, id, event, leafHash }: StreamedEvent, source: FormatSource): readonly Extension[] {
  const { actor, request, resource, error } = event;
  return [
    ['rt', Date.parse(event.occurredAt)],
    ['externalId', id, 40],
    ['deviceExternalId', source.origin, 255],
    ['cat', event.category, MOST],
    ['act', event.action, 63],
    ['outcome', event.outcome, 63],
    ['reason', event.reason, MOST],
    ['suid', actor.id, MOST],
    ['suser', actor.name, MOST],
    ['spriv', actor.type, MOST],
    ...addressOf(request?.ip),
    ['requestMethod', request?.method, MOST],
    ['request', request?.route, MOST],
    ['requestClientApplication', request?.userAgent, MOST],
    ...labelled('cs1', 'tenant', event.tenantId),
    ...labelled('cs2', 'resource', resource && [resource.type, resource.id ?? ''].join('/')),
    ...labelled('cs3', 'requestId', request?.id),
    ...labelled('cs4', 'details', jsonOf(event.details)),
    ...labelled('cs5', 'changes', jsonOf(event.changes)),
    ...labelled('cs6', 'leafHash', leafHash),
    ...labelled('cn1', 'index', index),
    ...labelled('cn2', 'statusCode', request?.statusCode),
    ...labelled('cn3', 'durationMs', request?.durationMs === undefined ? undefined : Math.round(request.durationMs)),
    ...labelled('flexString1', 'session', actor.sessionId, MOST),
    ...labelled(
      'flexString2',
      'error',
      error && [error.name, error.code, error.message].filter(Boolean).join(' '),
      MOST,
    ),
    ['AuditLedgerOnBehalfOf', actor.onBehalfOf && `${actor.onBehalfOf.type}/${actor.onBehalfOf.id}`],
    ...Object.entries(unplaced(request, PLACED, ({ name }) => `AuditLedger${name[0]?.toUpperCase()}${name.slice(1)}`)),
    ['AuditLedgerResourceName', resource?.name],
    ['AuditLedgerRelated', event.related && canonicalLine(event.related)],
    ['AuditLedgerMetadata', jsonOf(event.metadata)],
  ];
}

function labelled(
  key: string,
  label: string,
  value: string | number | undefined,
  limit?: number,
): readonly Extension[] {
  if (value === undefined) return [];
  return [limit === undefined ? [key, value] : [key, value, limit], [`${key}Label`, label]];
}

/** `src` accepts only IPv4. */
function addressOf(ip: string | undefined): readonly Extension[] {
  if (ip === undefined) return [];
  return isIPv6(ip) ? labelled('c6a2', 'Source IPv6 Address', ip) : [['src', ip]];
}

function jsonOf(value: JsonValue | object | undefined): string | undefined {
  const json = value === undefined ? '{}' : canonicalLine(value);
  return json === '{}' ? undefined : json;
}

function headerText(text: string): string {
  return lineText(text, ' ').replace(/[\\|]/g, String.raw`\$&`);
}

function extensionText(text: string): string {
  return lineText(text.replace(/[\\=]/g, String.raw`\$&`), String.raw`\n`);
}

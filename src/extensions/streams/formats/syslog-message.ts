import type { AuditSeverity } from '../../../audit/nest-free.js';
import { pickUnmappedFields } from '../../../monitoring/read/export/formats/ocsf-class.js';
import { PRODUCT, type FormatSource, cutText, toSingleLine } from './line-text.js';
import type { StreamedEvent } from '../stream-destination.js';

/** RFC 5424, section 6.2.1: "log audit". */
const FACILITY = 13;
const SEVERITIES: Readonly<Record<AuditSeverity, number>> = { info: 6, warning: 4, error: 3, critical: 2 };

const MAX_HOST = 255;
const MAX_MESSAGE_ID = 32;
const MAX_PARAMETER = 1_024;

/** The parameters of one element of structured data. Parameters that are `undefined` are left out. */
export type SyslogParameters = Readonly<Record<string, string | number | undefined>>;

export interface SyslogMessageParts {
  readonly text: string;
  /** The elements of structured data by name, such as `event`. */
  readonly elements: Readonly<Record<string, SyslogParameters>>;
  /** The IANA private enterprise number that follows the name of each element. */
  readonly enterpriseNumber: number;
}

/** Formats a message of RFC 5424. The message names the host in the ledger's origin, so all machines give the same bytes. Pure. */
export function formatSyslogMessage(
  { event }: StreamedEvent,
  { origin }: FormatSource,
  { text, elements, enterpriseNumber }: SyslogMessageParts,
): string {
  const priority = FACILITY * 8 + SEVERITIES[event.severity];
  const [host = ''] = origin.split('/', 1);
  const header = [
    `<${priority}>1`,
    event.occurredAt,
    toHeaderText(host, MAX_HOST),
    PRODUCT,
    '-',
    toHeaderText(event.type, MAX_MESSAGE_ID),
  ];
  const data = Object.entries(elements).map(([name, parameters]) =>
    formatElement(`${name}@${enterpriseNumber}`, parameters),
  );
  return `${header.join(' ')} ${data.join('') || '-'} ${text}`;
}

const OMITTED_FIELDS = ['userAgent', 'durationMs', 'traceId'] as const;

export function buildSyslogParameters({ index, id, event, leafHash }: StreamedEvent): SyslogParameters {
  const { actor, resource, request } = event;
  return {
    id,
    index,
    leafHash,
    type: event.type,
    action: event.action,
    outcome: event.outcome,
    category: event.category,
    severity: event.severity,
    actorType: actor.type,
    actorId: actor.id,
    actorName: actor.name,
    sessionId: actor.sessionId,
    tenantId: event.tenantId,
    resourceType: resource?.type,
    resourceId: resource?.id,
    resourceName: resource?.name,
    related: event.related?.map(({ type, id }) => [type, id].filter((part) => part !== undefined).join('/')).join(' '),
    ...pickUnmappedFields(request, OMITTED_FIELDS, ({ ownName }) => ownName),
    reason: event.reason,
  };
}

function formatElement(name: string, parameters: SyslogParameters): string {
  const pairs = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeParameter(String(value))}"`);
  return `[${name}${pairs.join('')}]`;
}

function escapeParameter(text: string): string {
  return cutText(toSingleLine(text, ' '), MAX_PARAMETER).replace(/["\\\]]/g, String.raw`\$&`);
}

/** RFC 5424 allows printable ASCII without spaces; a hyphen means an empty field. */
function toHeaderText(text: string, limit: number): string {
  return text.slice(0, limit).replace(/[^\x21-\x7e]/g, '_') || '-';
}

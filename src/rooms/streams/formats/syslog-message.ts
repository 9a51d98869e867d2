import type { AuditSeverity } from '../../../audit/nest-free.js';
import { unplaced } from '../../../monitoring/read/export/formats/ocsf-class.js';
import { PRODUCT, type FormatSource, cutText, lineText } from './line-text.js';
import type { StreamedEvent } from '../stream-destination.js';

/** RFC 5424, section 6.2.1: "log audit". */
const FACILITY = 13;
const SEVERITIES: Readonly<Record<AuditSeverity, number>> = { info: 6, warning: 4, error: 3, critical: 2 };

const MOST_HOST = 255;
const MOST_MESSAGE_ID = 32;
const MOST_PARAMETER = 1_024;

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
export function syslogMessageOf(
  { event }: StreamedEvent,
  { origin }: FormatSource,
  { text, elements, enterpriseNumber }: SyslogMessageParts,
): string {
  const priority = FACILITY * 8 + SEVERITIES[event.severity];
  const [host = ''] = origin.split('/', 1);
  const header = [
    `<${priority}>1`,
    event.occurredAt,
    headerText(host, MOST_HOST),
    PRODUCT,
    '-',
    headerText(event.type, MOST_MESSAGE_ID),
  ];
  const data = Object.entries(elements).map(([name, parameters]) =>
    elementOf(`${name}@${enterpriseNumber}`, parameters),
  );
  return `${header.join(' ')} ${data.join('') || '-'} ${text}`;
}

const LEFT_OUT = ['userAgent', 'durationMs', 'traceId'] as const;

export function syslogParametersOf({ index, id, event, leafHash }: StreamedEvent): SyslogParameters {
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
    ...unplaced(request, LEFT_OUT, ({ ownName }) => ownName),
    reason: event.reason,
  };
}

function elementOf(name: string, parameters: SyslogParameters): string {
  const pairs = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${parameterText(String(value))}"`);
  return `[${name}${pairs.join('')}]`;
}

function parameterText(text: string): string {
  return cutText(lineText(text, ' '), MOST_PARAMETER).replace(/["\\\]]/g, String.raw`\$&`);
}

/** RFC 5424 allows printable ASCII without spaces; a hyphen means an empty field. */
function headerText(text: string, limit: number): string {
  return text.slice(0, limit).replace(/[^\x21-\x7e]/g, '_') || '-';
}

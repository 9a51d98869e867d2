import type { LedgerEvent } from '../../query/ledger-event.js';
import type { ComplianceTags } from '../../query/compliance-tags.js';
import { eventMembers } from './json-lines.js';
import { fixed, group, path, text, type RowMember } from './row-json.js';

/** An event as CloudEvents 1.0 has it, in the structured JSON format. */
export interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: string;
  /** The ledger's origin. */
  readonly source: string;
  /** The host of the origin, reversed, and the event's type: `com.example.user_login_failed`. */
  readonly type: string;
  readonly time: string;
  /** What it was done to: `order/o-1`. */
  readonly subject?: string;
  readonly datacontenttype: 'application/json';
  /** The place in the ledger: the extension `sequence`, whose values are texts. */
  readonly sequence?: string;
  readonly data: LedgerEvent;
}

/**
 * The CloudEvent of an event. Pure.
 *
 * @param origin what the ledger is called, such as `example.com/audit`
 */
export function cloudEventOf(event: LedgerEvent, origin: string): CloudEvent {
  const { id, occurredAt, type, resource, index } = event;
  return {
    specversion: '1.0',
    id,
    source: origin,
    type: `${prefixOf(origin)}.${type}`,
    time: occurredAt,
    ...(resource ? { subject: [resource.type, resource.id].filter((part) => part !== undefined).join('/') } : {}),
    datacontenttype: 'application/json',
    ...(index === undefined ? {} : { sequence: String(index) }),
    data: event,
  };
}

/** The members of the CloudEvent of an event, in their order, made of the bytes of a row. */
export function cloudEventMembers(origin: string, tags: ComplianceTags): readonly RowMember[] {
  return [
    fixed('specversion', '1.0'),
    text('id', 'id'),
    fixed('source', origin),
    text('type', 'type', `${prefixOf(origin)}.`),
    text('time', 'occurred_at'),
    path('subject', 'resource_type', 'resource_id'),
    fixed('datacontenttype', 'application/json'),
    text('sequence', 'index'),
    group('data', eventMembers(tags)),
  ];
}

function prefixOf(origin: string): string {
  const [host = ''] = origin.split('/', 1);
  return host.split('.').toReversed().join('.');
}

import type { LedgerEvent } from '../../query/ledger-event.js';

/** A CloudEvents 1.0 event, in the structured JSON format. */
export interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: string;
  /** The ledger's origin. */
  readonly source: string;
  /** The reversed host of the origin, followed by the event type: `com.example.user_login_failed`. */
  readonly type: string;
  readonly time: string;
  /** The resource: `order/o-1`. */
  readonly subject?: string;
  readonly datacontenttype: 'application/json';
  /** The index of the event in the log. The CloudEvents attribute `sequence` must be a text. */
  readonly sequence?: string;
  readonly data: LedgerEvent;
}

/**
 * Converts an event to a CloudEvent. Pure.
 *
 * @param origin the name of the ledger, such as `example.com/audit`
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

function prefixOf(origin: string): string {
  const [host = ''] = origin.split('/', 1);
  return host.split('.').toReversed().join('.');
}

import { canonicalJson } from '../../audit/nest-free.js';
import type { StreamBatch, StreamedEvent } from './stream-destination.js';

const EVENTS = new WeakMap<StreamedEvent, string>();

const NO_EVENTS = '"events":[]';

/** Returns the canonical JSON (RFC 8785) of an event, computed once. */
export function eventText(event: StreamedEvent): string {
  const text = EVENTS.get(event) ?? canonicalJson(event);
  EVENTS.set(event, text);
  return text;
}

/** Returns the canonical JSON (RFC 8785) of a batch. */
export function batchText(batch: Omit<StreamBatch, 'note'>): string {
  // The text of the empty list occurs only once: inside a JSON string, its quotes would be escaped.
  const frame = canonicalJson({ ...batch, events: [] });
  const at = frame.indexOf(NO_EVENTS) + NO_EVENTS.length - 1;
  return `${frame.slice(0, at)}${batch.events.map(eventText).join(',')}${frame.slice(at)}`;
}

import { createHash } from 'node:crypto';
import { canonicalJson } from '../../audit/plain.js';
import type { StreamBatch, StreamedEvent } from './stream-destination.js';

const EVENTS = new WeakMap<StreamedEvent, string>();
const BATCHES = new WeakMap<StreamBatch, Buffer>();

const NO_EVENTS = '"events":[]';

/** The canonical JSON (RFC 8785) of an event. It is computed once for each event. */
export function eventText(event: StreamedEvent): string {
  const text = EVENTS.get(event) ?? canonicalJson(event);
  EVENTS.set(event, text);
  return text;
}

/** The canonical JSON (RFC 8785) of a batch, as UTF-8, from which its hash is computed. It is computed once for each batch. */
export function batchBytes(batch: StreamBatch): Buffer {
  const bytes = BATCHES.get(batch) ?? Buffer.from(textOf(batch));
  BATCHES.set(batch, bytes);
  return bytes;
}

/** SHA-256 of {@link batchBytes}, base64, which the next batch has as `previousHash`. */
export function hashBatch(batch: StreamBatch): string {
  return createHash('sha256').update(batchBytes(batch)).digest('base64');
}

/** The text of a batch, with the texts of its events inserted into an empty list. No JSON string can contain that list unescaped. */
function textOf(batch: StreamBatch): string {
  const rest = canonicalJson({ ...batch, events: [] });
  const at = rest.indexOf(NO_EVENTS) + NO_EVENTS.length - 1;
  return `${rest.slice(0, at)}${batch.events.map(eventText).join(',')}${rest.slice(at)}`;
}

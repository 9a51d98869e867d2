import type { BatchPreview, PreviewedMessage, StreamResult, StreamedEvent } from '../stream-destination.js';
import { GAP_TYPE } from '../formats/streamed-entries.js';

/** An entry of a batch, with the bytes of its message. */
export interface EntryMessage {
  readonly entry: StreamedEvent;
  readonly bytes: Buffer;
}

/**
 * Refuses the events whose messages are longer than `mostBytes`. A refused event becomes a gap, so a gap itself is never refused.
 *
 * @param limit the name of the limit, such as `maxMessageBytes (8192)`
 */
export function refuseLarge(
  messages: readonly EntryMessage[],
  mostBytes: number,
  limit: string,
): Extract<StreamResult, { readonly outcome: 'refused' }> | undefined {
  const large = messages.filter(({ entry, bytes }) => bytes.length > mostBytes && entry.event.type !== GAP_TYPE);
  if (large.length === 0) return undefined;
  return {
    outcome: 'refused',
    reason: `its message is longer than ${limit}`,
    events: large.map(({ entry }) => entry.id),
  };
}

/** Returns the preview: the messages that fit, and the ids of the events that {@link refuseLarge} refuses. */
export function previewOf<Message extends EntryMessage>(
  messages: readonly Message[],
  mostBytes: number,
  limit: string,
  show: (message: Message) => PreviewedMessage,
): BatchPreview {
  const { reason = '', events = [] } = refuseLarge(messages, mostBytes, limit) ?? {};
  return {
    messages: messages.filter(({ entry }) => !events.includes(entry.id)).map(show),
    ...(events.length > 0 && { refused: { reason, events } }),
  };
}

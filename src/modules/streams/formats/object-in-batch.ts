import type { StreamBatch, StreamedEvent } from '../stream-destination.js';
import { batchFacts } from './batch-facts.js';
import type { FormatSource } from './format-source.js';
import { objectOf } from './stream-format.js';

/** The formats whose text is JSON, so that an event can include facts about its batch. */
export const JSON_FORMATS = ['json', 'ocsf', 'cloudevents', 'ecs'] as const;

/** One of {@link JSON_FORMATS}. */
export type JsonFormat = (typeof JSON_FORMATS)[number];

/** Formats an event as an object, with the facts of its batch if the format has room for them. Pure. */
export function objectInBatch(
  format: JsonFormat,
  entry: StreamedEvent,
  batch: StreamBatch,
  source: FormatSource,
): Readonly<Record<string, unknown>> {
  const object = objectOf(format, entry, source);
  const facts = batchFacts(batch, entry);
  switch (format) {
    case 'json':
      return { ...object, batch: facts };
    case 'ocsf':
      return { ...object, unmapped: { ...(object.unmapped as object), batch: facts } };
    case 'ecs':
      return { ...object, audit_ledger: { ...(object.audit_ledger as object), batch: facts } };
    case 'cloudevents':
      return { ...object, ...extensionsOf(facts) };
  }
}

/**
 * The extensions of a CloudEvent, whose names have lower-case letters, and whose texts have no line breaks; so the checkpoint is in base64.
 */
function extensionsOf({ id, stream, first, last, previousHash, checkpoint }: ReturnType<typeof batchFacts>): object {
  return {
    batchid: id,
    batchstream: stream,
    batchfirst: String(first),
    batchlast: String(last),
    ...(previousHash === '' ? {} : { batchprevioushash: previousHash }), // an extension must not be empty
    ...(checkpoint === undefined ? {} : { batchcheckpoint: Buffer.from(checkpoint).toString('base64') }),
  };
}

import type { StreamBatch } from '../stream-destination.js';
import { batchFacts } from './batch-facts.js';
import type { FormatSource, StreamedLedgerEvent } from './format-source.js';
import { objectOf } from './stream-format.js';

/** The formats whose text is JSON: an event has room for the batch that it came in. */
export const JSON_FORMATS = ['json', 'ocsf', 'cloudevents', 'ecs'] as const;

/** One of {@link JSON_FORMATS}. */
export type JsonFormat = (typeof JSON_FORMATS)[number];

/** An event as an object of a format, with the facts of its batch where the format has room for them. Pure. */
export function objectInBatch(
  format: JsonFormat,
  entry: StreamedLedgerEvent,
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

/** Extensions of CloudEvents: names of small letters, texts without line breaks; a checkpoint is binary, so base64. */
function extensionsOf({ id, stream, first, last, previousHash, checkpoint }: ReturnType<typeof batchFacts>): object {
  return {
    batchid: id,
    batchstream: stream,
    batchfirst: String(first),
    batchlast: String(last),
    ...(previousHash === '' ? {} : { batchprevioushash: previousHash }), // an extension is never empty
    ...(checkpoint === undefined ? {} : { batchcheckpoint: Buffer.from(checkpoint).toString('base64') }),
  };
}

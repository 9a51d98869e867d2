import { toCloudEvent } from '../../../monitoring/read/export/export-format.js';
import { toOcsfEvent } from '../../../monitoring/read/export/formats/ocsf.js';
import type { LedgerEvent } from '../../../monitoring/read/query/ledger-event.js';
import { formatCef } from './cef.js';
import { toEcsEvent } from './ecs.js';
import { type FormatSource, canonicalLine } from './line-text.js';
import type { StreamBatch, StreamedEvent } from '../stream-destination.js';

/** The JSON formats, in which an event can include facts about its batch. */
export const JSON_FORMATS = ['json', 'ocsf', 'cloudevents', 'ecs'] as const;

export type JsonFormat = (typeof JSON_FORMATS)[number];

export const STREAM_FORMATS = [...JSON_FORMATS, 'cef'] as const;

export type StreamFormat = (typeof STREAM_FORMATS)[number];

/** Formats an event as an object of a JSON format. Pure. */
export function formatObject(
  format: JsonFormat,
  streamed: StreamedEvent,
  { origin }: FormatSource,
): Readonly<Record<string, unknown>> {
  const { leafHash, proof } = streamed;
  const event: LedgerEvent = { ...streamed.event, index: streamed.index };
  switch (format) {
    case 'json':
      return { ...event, leafHash, ...(proof && { proof }) };
    case 'ocsf': {
      const { unmapped, ...attributes } = toOcsfEvent(event, origin);
      return { ...attributes, unmapped: { ...unmapped, leafHash } };
    }
    case 'cloudevents':
      return { ...toCloudEvent(event, origin), leafhash: leafHash };
    case 'ecs':
      return toEcsEvent(streamed, origin);
  }
}

/** Formats an event as one line without a line break. JSON is canonical (RFC 8785). Pure: equal events give equal bytes. */
export function formatLine(format: StreamFormat, streamed: StreamedEvent, source: FormatSource): string {
  return format === 'cef' ? formatCef(streamed, source) : canonicalLine(formatObject(format, streamed, source));
}

type BatchFacts = Pick<StreamBatch, 'id' | 'stream' | 'replay' | 'first' | 'last' | 'previousHash' | 'checkpoint'> & {
  readonly test?: 'true';
};

/** Returns the facts about a batch that one of its entries contains. Only the first entry has the checkpoint. */
export function getBatchFacts(batch: StreamBatch, { index }: Pick<StreamedEvent, 'index'>): BatchFacts {
  const { id, stream, replay, test, first, last, previousHash, checkpoint, events, gaps } = batch;
  const begin = Math.min(events[0]?.index ?? Infinity, gaps[0]?.index ?? Infinity);
  const isFirst = checkpoint !== undefined && index === begin;
  return {
    ...{ id, stream, first, last, previousHash },
    ...(isFirst ? { checkpoint } : {}),
    ...(replay === undefined ? {} : { replay }),
    ...(test ? { test: 'true' } : {}),
  };
}

/** Formats an event as an object of a JSON format, with the facts of its batch. Pure. */
export function formatBatchObject(
  format: JsonFormat,
  entry: StreamedEvent,
  batch: StreamBatch,
  source: FormatSource,
): Readonly<Record<string, unknown>> {
  const object = formatObject(format, entry, source);
  const facts = getBatchFacts(batch, entry);
  switch (format) {
    case 'json':
      return { ...object, batch: facts };
    case 'ocsf':
      return { ...object, unmapped: { ...(object.unmapped as object), batch: facts } };
    case 'ecs':
      return { ...object, audit_ledger: { ...(object.audit_ledger as object), batch: facts } };
    case 'cloudevents':
      return { ...object, ...buildExtensions(facts) };
  }
}

/** CloudEvents extensions have names in lower case, and texts without line breaks, so the checkpoint is in base64. */
function buildExtensions({ id, stream, first, last, previousHash, checkpoint }: BatchFacts): object {
  return {
    batchid: id,
    batchstream: stream,
    batchfirst: String(first),
    batchlast: String(last),
    ...(previousHash === '' ? {} : { batchprevioushash: previousHash }), // an extension must not be empty
    ...(checkpoint === undefined ? {} : { batchcheckpoint: Buffer.from(checkpoint).toString('base64') }),
  };
}

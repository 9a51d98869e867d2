import { cloudEventOf } from '../../monitoring/export/formats/cloud-event.js';
import { ocsfEventOf } from '../../monitoring/export/formats/ocsf.js';
import type { LedgerEvent } from '../../monitoring/query/ledger-event.js';
import { cefLineOf } from './cef.js';
import { ecsEventOf } from './ecs.js';
import type { FormatSource } from './format-source.js';
import type { StreamedEvent } from '../stream-destination.js';
import { leefLineOf } from './leef.js';
import { canonicalLine } from './line-text.js';

/** The formats of a streamed event. */
export const STREAM_FORMATS = ['json', 'ocsf', 'cloudevents', 'ecs', 'cef', 'leef'] as const;

/** One of {@link STREAM_FORMATS}. */
export type StreamFormat = (typeof STREAM_FORMATS)[number];

/** Formats an event as an object, for a format whose text is JSON. Pure. */
export function objectOf(
  format: Exclude<StreamFormat, 'cef' | 'leef'>,
  streamed: StreamedEvent,
  { origin }: FormatSource,
): Readonly<Record<string, unknown>> {
  const { leafHash, proof } = streamed;
  const event: LedgerEvent = { ...streamed.event, index: streamed.index };
  switch (format) {
    case 'json':
      return { ...event, leafHash, ...(proof && { proof }) };
    case 'ocsf': {
      const { unmapped, ...attributes } = ocsfEventOf(event, origin);
      return { ...attributes, unmapped: { ...unmapped, leafHash } };
    }
    case 'cloudevents':
      return { ...cloudEventOf(event, origin), leafhash: leafHash };
    case 'ecs':
      return ecsEventOf(streamed, origin);
  }
}

/** Formats an event as one line, without a line break. Pure: equal events give equal bytes. JSON is canonical (RFC 8785). */
export function lineOf(format: StreamFormat, streamed: StreamedEvent, source: FormatSource): string {
  switch (format) {
    case 'cef':
      return cefLineOf(streamed, source);
    case 'leef':
      return leefLineOf(streamed, source);
    default:
      return canonicalLine(objectOf(format, streamed, source));
  }
}

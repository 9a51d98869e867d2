import type { StreamBatch } from '../stream-destination.js';
import type { StreamedLedgerEvent } from './format-source.js';

/** What an event says of the batch that it came in, where a destination takes events and not batches. */
export interface BatchFacts {
  readonly id: string;
  readonly stream: string;
  readonly replay?: string;
  readonly test?: 'true';
  readonly first: number;
  readonly last: number;
  readonly previousHash: string;
  readonly checkpoint?: string;
}

/** The checkpoint stands only in the first entry of its batch. */
export function batchFacts(batch: StreamBatch, { index }: Pick<StreamedLedgerEvent, 'index'>): BatchFacts {
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

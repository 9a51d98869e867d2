import type { StreamBatch, StreamedEvent } from '../stream-destination.js';

/** The facts about its batch that an event carries, for destinations that receive events instead of batches. */
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

/** Adds the checkpoint only to the first entry of its batch. */
export function batchFacts(batch: StreamBatch, { index }: Pick<StreamedEvent, 'index'>): BatchFacts {
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

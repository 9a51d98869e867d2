import { buildOwnEvent, canonicalJson } from '../../audit/plain.js';
import { selectionOf } from './selection.js';
import type { StreamBatch } from './stream-destination.js';
import type { ResolvedStream } from './streams-options.js';

/** The event type of a test. */
export const TEST_TYPE = 'audit_stream_test';
/** The first line of the note of a test event, so that none is taken for a checkpoint, an act or a gap. */
const TEST_HEADER = 'nestjs-audit-ledger/stream-test@v1';
/** It has no place in the ledger. */
export const NO_PLACE = -1;

/**
 * A batch with one test event, which the ledger's key signs. It has no place in the stream's chain of batches.
 *
 * @param id a UUID
 * @param signText signs a text with the ledger's key
 */
export function testBatch(
  id: string,
  stream: ResolvedStream,
  origin: string,
  signText: (text: string) => string,
): StreamBatch {
  const event = buildOwnEvent(TEST_TYPE, { category: 'system', severity: 'info', actor: { type: 'system' } });
  const stated = canonicalJson({ stream: stream.name, id, occurredAt: event.occurredAt });
  const note = signText(`${TEST_HEADER}\n${origin}\n${stated}\n`);
  const tested = { ...event, id, details: { test: true, note } };
  return {
    ...{ id, stream: stream.name, test: true, first: NO_PLACE, last: NO_PLACE, previousHash: '' },
    selection: selectionOf(stream),
    events: [{ index: NO_PLACE, id, event: tested, leafHash: '' }],
    gaps: [],
  };
}

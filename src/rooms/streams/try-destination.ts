import { randomUUID } from 'node:crypto';
import { buildOwnEvent, ownPackage } from '../../audit/nest-free.js';
import { fail, fine, type Verdict } from '../../monitoring/store/check.js';
import { destinationTypeOf } from './destinations/destination-types.js';
import { attemptWithin } from './destinations/network.js';
import { hideReason } from './hide-personal.js';
import { selectionOf } from './selection.js';
import type { StreamBatch } from './stream-destination.js';
import type { ResolvedStream } from './streams-options.js';

const WITHIN_MS = 30_000;
const TEST_TYPE = 'audit_stream_test';
/** The sequence number of a test event: the ledger does not store this event. */
const NO_PLACE = -1;

/** Sends a test batch to the destination of a stream, and judges the answer. */
export async function tryDestination(stream: ResolvedStream, origin: string): Promise<Verdict> {
  const type = destinationTypeOf(stream.destination);
  const destination = type.open(stream.destination, { origin, version: ownPackage()?.version ?? '0' });
  const batch = testBatch(stream);
  const { signal } = new AbortController();
  const result = await attemptWithin(WITHIN_MS, signal, (any) => destination.send(batch, any));
  await destination.close();
  const name = `The destination of the stream ${stream.name} (${type.describe(stream.destination)})`;
  if (result.outcome === 'accepted') return fine(`${name} accepted a test batch.`);
  return fail(
    `${name} did not accept a test batch: ${hideReason(result.reason, stream, batch)}.`,
    'Correct the destination, or the option destination of the stream.',
  );
}

/** Makes a batch with one test event, without a signature. The batch is not part of the stream's chain. */
function testBatch(stream: ResolvedStream): StreamBatch {
  const id = randomUUID();
  const event = buildOwnEvent(TEST_TYPE, { category: 'system', severity: 'info', actor: { type: 'system' } });
  return {
    ...{ id, stream: stream.name, test: true, first: NO_PLACE, last: NO_PLACE, previousHash: '' },
    selection: selectionOf(stream),
    events: [{ index: NO_PLACE, id, event: { ...event, id, details: { test: true } }, leafHash: '' }],
    gaps: [],
  };
}

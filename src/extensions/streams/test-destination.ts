import { randomUUID } from 'node:crypto';
import { buildOwnEvent, getOwnPackage } from '../../audit/nest-free.js';
import { fail, ok, type Verdict } from '../../monitoring/store/check.js';
import { resolveDestinationType } from './destinations/destination-types.js';
import { attemptWithTimeout } from './destinations/network.js';
import { redactReason } from './redact-personal.js';
import { toSelection } from './selection.js';
import type { StreamBatch } from './stream-destination.js';
import type { ResolvedStream } from './streams-options.js';

const TIMEOUT_MS = 30_000;
const TEST_TYPE = 'audit_stream_test';
/** The sequence number of a test event: the ledger does not store this event. */
const NO_INDEX = -1;

/** Sends a test batch to the destination of a stream, and judges the answer. */
export async function testDestination(stream: ResolvedStream, origin: string): Promise<Verdict> {
  const type = resolveDestinationType(stream.destination);
  const destination = type.open(stream.destination, { origin, version: getOwnPackage()?.version ?? '0' });
  const batch = testBatch(stream);
  const { signal } = new AbortController();
  const result = await attemptWithTimeout(TIMEOUT_MS, signal, (any) => destination.send(batch, any));
  await destination.close();
  const name = `The destination of the stream ${stream.name} (${type.describe(stream.destination)})`;
  if (result.outcome === 'accepted') return ok(`${name} accepted a test batch.`);
  return fail(
    `${name} did not accept a test batch: ${redactReason(result.reason, stream, batch)}.`,
    'Correct the destination, or the option destination of the stream.',
  );
}

/** Makes a batch with one test event, without a signature. The batch is not part of the stream's chain. */
function testBatch(stream: ResolvedStream): StreamBatch {
  const id = randomUUID();
  const event = buildOwnEvent(TEST_TYPE, { category: 'system', severity: 'info', actor: { type: 'system' } });
  return {
    ...{ id, stream: stream.name, test: true, first: NO_INDEX, last: NO_INDEX, previousHash: '' },
    selection: toSelection(stream),
    events: [{ index: NO_INDEX, id, event: { ...event, id, details: { test: true } }, leafHash: '' }],
    gaps: [],
  };
}

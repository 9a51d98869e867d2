import { buildOwnEvent } from '../../audit/nest-free.js';
import { formatStatement, type StatementSigner } from '../../monitoring/proof/log/notes/statement.js';
import { selectionOf } from './selection.js';
import type { StreamBatch } from './stream-destination.js';
import type { ResolvedStream } from './streams-options.js';

const TEST_TYPE = 'audit_stream_test';
/** The sequence number of a test event: the ledger does not store this event. */
const NO_PLACE = -1;

/** Makes a batch with one signed test event. The batch is not part of the stream's chain. @param id a UUID */
export async function testBatch(
  id: string,
  stream: ResolvedStream,
  { signText, trust }: StatementSigner,
): Promise<StreamBatch> {
  const event = buildOwnEvent(TEST_TYPE, { category: 'system', severity: 'info', actor: { type: 'system' } });
  const stated = { stream: stream.name, id, occurredAt: event.occurredAt };
  const note = await signText(formatStatement('stream-test', trust.origin, stated));
  const tested = { ...event, id, details: { test: true, note } };
  return {
    ...{ id, stream: stream.name, test: true, first: NO_PLACE, last: NO_PLACE, previousHash: '' },
    selection: selectionOf(stream),
    events: [{ index: NO_PLACE, id, event: tested, leafHash: '' }],
    gaps: [],
  };
}

import type { StatementSigner } from '../../monitoring/proof/log/notes/statement.js';
import type { LedgerTransactions } from '../../monitoring/store/sessions/ledger-session.js';
import { changeStream } from './change-stream.js';
import type { StreamOperator } from './stream-act.js';
import { signRecords } from './signed-record.js';
import type { StreamedEvent } from './stream-destination.js';
import type { StreamStore } from './stream-store.js';

const PARKED = 'SELECT index FROM audit_stream_parked WHERE stream = $1 ORDER BY index';
const RETRY =
  'UPDATE audit_stream_parked SET retry_at = clock_timestamp() WHERE stream = $1 AND index = ANY ($2::bigint[])';
const DROP = 'DELETE FROM audit_stream_parked WHERE stream = $1 AND index = ANY ($2::bigint[])';

/** Parks events that a destination refused. In place of each parked event, later batches have a signed gap record. */
export async function parkEvents(
  store: StreamStore,
  stream: string,
  events: readonly StreamedEvent[],
  reason: string,
  signer: StatementSigner,
): Promise<void> {
  const parkedAt = new Date().toISOString();
  const parked = events.map(({ index, id, leafHash }) => ({ index, id, leafHash, reason, parkedAt }));
  const gaps = await signRecords('gap', stream, parked, signer);
  await store.park(gaps, reason);
}

/**
 * Retries or drops parked events, and signs an act. Resolves with the sequence numbers of these events.
 *
 * @param wanted sequence numbers. @defaultValue all parked events
 */
export async function settleParked(
  session: LedgerTransactions,
  stream: string,
  settle: 'retried' | 'dropped',
  operator: StreamOperator,
  wanted?: readonly number[],
): Promise<readonly number[]> {
  const parked = (await session.rows(PARKED, [stream])).map(({ index }) => Number(index));
  const places = parked.filter((place) => wanted?.includes(place) ?? true);
  if (places.length === 0) return [];
  await changeStream(session, { stream, change: settle, places }, operator, async () => {
    await session.rows(settle === 'retried' ? RETRY : DROP, [stream, places]);
    return places;
  });
  return places;
}

import type { CheckpointTrust } from '../../monitoring/proof/log/notes/checkpoint.js';
import type { TreeHead } from '../../monitoring/proof/log/merkle/verify-consistency.js';
import type { LedgerSession } from '../../monitoring/store/sessions/ledger-session.js';
import { firstIdAt, timeOfId } from '../../monitoring/store/id-time.js';
import { judgeCheckpoint } from '../../monitoring/proof/verify/judge-checkpoint.js';
import { readNewestHead } from '../../monitoring/proof/verify/read-heads.js';
import { reportErrors } from './report.errors.js';

/**
 * The log up to a signed checkpoint, with the times of its first and last event. The times come from the sealed ids of events, because no
 * signature covers the times of checkpoints.
 */
export interface LogHead {
  /** The checkpoint that ends the reported log; absent if no known key signed a checkpoint. */
  readonly head: (TreeHead & { readonly note: string }) | undefined;
  readonly size: number;
  /** The time at which the first event of the log was accepted. */
  readonly beganAt: Date | undefined;
  /** The time at which the newest event of the log was accepted. */
  readonly asOf: Date | undefined;
  /**
   * The number of events that a reader of the log must have read. Events of the last {@link AT_ONCE_MS} do not count. If all events are
   * from this period, all events count.
   */
  readonly placesDue: number;
}

const AT_ONCE_MS = 5 * 60_000;
/** An id whose time is ahead by more than this tolerance comes from a wrong clock, and is ignored. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

const MARKED = 'SELECT size, root, note FROM audit_checkpoint WHERE size = $1';
const TIMES = `
  SELECT (SELECT event_id FROM audit_leaf WHERE index < $1 ORDER BY index LIMIT 1)::text AS first,
         (SELECT event_id FROM audit_leaf WHERE index < $1 AND event_id < $2 ORDER BY event_id DESC LIMIT 1)::text AS last`;
const DUE = 'SELECT coalesce(max(index) + 1, 0)::float8 AS due FROM audit_leaf WHERE index < $1 AND event_id < $2';

/**
 * Reads the newest checkpoint that a known key signed, or the checkpoint of the size `mark`. Rejects with an error of the PostgreSQL
 * client.
 *
 * @throws `AUDIT_REPORT_REQUEST_INVALID` if no known key signed a checkpoint of that size
 */
export async function readLogHead(
  session: LedgerSession,
  trust: CheckpointTrust,
  mark: number | undefined,
): Promise<LogHead> {
  const head = mark === undefined ? await readNewestHead(session, trust) : await headOf(session, trust, mark);
  const size = head?.size ?? 0;
  const [times] = await session.rows(TIMES, [size, firstIdAt(new Date(Date.now() + CLOCK_TOLERANCE_MS))]);
  const [beganAt, asOf] = [times?.first, times?.last].map((id) => (typeof id === 'string' ? timeOfId(id) : undefined));
  const [row] = asOf ? await session.rows(DUE, [size, firstIdAt(new Date(asOf.getTime() - AT_ONCE_MS))]) : [];
  return { head, size, beganAt, asOf, placesDue: Number(row?.due ?? 0) || size };
}

async function headOf(session: LedgerSession, trust: CheckpointTrust, mark: number): Promise<LogHead['head']> {
  const [row] = await session.rows(MARKED, [mark]);
  const judged = row && judgeCheckpoint(row, trust);
  if (!judged || !('head' in judged)) throw reportErrors.AUDIT_REPORT_REQUEST_INVALID.unknownMark(mark);
  return { ...judged.head, note: String(row.note) };
}

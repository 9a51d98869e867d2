import type { CheckpointTrust } from '../../modules/monitoring/log/notes/checkpoint.js';
import type { TreeHead } from '../../modules/monitoring/log/merkle/consistency.js';
import type { LedgerSession } from '../../modules/monitoring/store/sessions/ledger-session.js';
import { firstIdAt, timeOfId } from '../../modules/monitoring/store/id-time.js';
import { judgeCheckpoint } from '../../modules/monitoring/verify/judge-checkpoint.js';
import { readNewestHead } from '../../modules/monitoring/verify/read-heads.js';
import { storedBytes } from '../../modules/monitoring/verify/stored-bytes.js';
import { ReportRequestError } from './report-request.error.js';

/** What a report is of: the log below a signed checkpoint, and when it was. Times are those of events' ids, which are sealed; nobody signs the times of checkpoints. */
export interface LogHead {
  /** Absent while no known key signed anything. */
  readonly head: (TreeHead & { readonly note: string }) | undefined;
  readonly size: number;
  /** When the first event of the log was accepted. */
  readonly beganAt: Date | undefined;
  /** When the newest one was. */
  readonly asOf: Date | undefined;
  /** How many places what looks at events at once has to have passed: all but those that were accepted within {@link AT_ONCE_MS}; all, where every event was. */
  readonly placesDue: number;
}

const AT_ONCE_MS = 5 * 60_000;
/** An id of a clock that was ahead says nothing of when the log was written. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

const MARKED = 'SELECT size, root, note FROM audit_checkpoint WHERE size = $1';
const TIMES = `
  SELECT (SELECT event_id FROM audit_leaf WHERE index < $1 ORDER BY index LIMIT 1)::text AS first,
         (SELECT event_id FROM audit_leaf WHERE index < $1 AND event_id < $2 ORDER BY event_id DESC LIMIT 1)::text AS last`;
const DUE = 'SELECT coalesce(max(index) + 1, 0)::float8 AS due FROM audit_leaf WHERE index < $1 AND event_id < $2';

/**
 * Reads the newest checkpoint that a known key signed, or that of a size. Rejects with the client's error.
 *
 * @throws ReportRequestError (`AUDIT_REPORT_REQUEST_INVALID`) for a size without such a checkpoint
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
  const note = String(row?.note);
  const judged = row && judgeCheckpoint({ size: Number(row.size), root: storedBytes(row.root), note }, trust);
  if (!judged || !('head' in judged)) throw ReportRequestError.unknownMark(mark);
  return { ...judged.head, note };
}

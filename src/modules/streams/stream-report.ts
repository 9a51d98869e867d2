import type { LedgerAccess } from '../monitoring/access/ledger-access.js';
import type { LedgerReader } from '../monitoring/store/ledger-reader.service.js';
import { FAILURES_OF_A_STATE } from './retry-delay.js';
import type { Acknowledgement } from './stream-destination.js';
import { StreamFailingError, StreamGoneError, StreamLateError, StreamParkedError } from './streams.error.js';
import type { StreamReport } from './stream.dto.js';

export type { StreamReport } from './stream.dto.js';

/** Reads {@link StreamReport}s, as a reader of all events. */
export const STREAM_REPORTS = `
  SELECT s.name, s.state, s.state_reason AS reason, s.destination, s.acknowledgement, s.access, s.looked AS position,
         greatest(coalesce(newest.size, 0) - s.looked, 0) AS lag_events,
         coalesce(extract(epoch FROM clock_timestamp() - (
           SELECT signed_at FROM audit_checkpoint WHERE size > s.looked ORDER BY size LIMIT 1))::float8, 0) AS lag_seconds,
         s.sent_events, s.sent_batches, s.failures, coalesce(s.problem, s.last_error) AS last_error,
         to_char(s.last_sent_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS last_sent_at,
         (SELECT count(*) FROM audit_stream_parked WHERE stream = s.name) AS parked,
         (SELECT coalesce(jsonb_agg(jsonb_build_object('name', r.name, 'state', r.state, 'first', r.begins_at, 'last', r.ends_before - 1,
                   'position', r.looked, 'sentEvents', r.sent_events, 'sentBatches', r.sent_batches, 'failures', r.failures,
                   'lastError', coalesce(r.problem, r.last_error), 'parked', (SELECT count(*) FROM audit_stream_parked WHERE stream = r.name))
                   ORDER BY r.created_at DESC, r.name), '[]')
            FROM audit_stream r WHERE r.replay_of = s.name) AS replays
    FROM audit_stream s LEFT JOIN (SELECT max(size) AS size FROM audit_checkpoint) AS newest ON true
   WHERE s.replay_of IS NULL ORDER BY s.name`;

/** The reports of all streams of the ledger, by their names. Rejects with the errors of {@link LedgerReader.eventRows}. */
export async function readStreamReports(reader: Pick<LedgerReader, 'eventRows'>): Promise<readonly StreamReport[]> {
  return (await reader.eventRows({ scope: 'all' }, STREAM_REPORTS, [])).map(streamReportOfRow);
}

/** The report of a row that {@link STREAM_REPORTS} returns. */
export function streamReportOfRow(row: Readonly<Record<string, unknown>>): StreamReport {
  const text = (column: string): string | null => (typeof row[column] === 'string' ? row[column] : null);
  return {
    name: String(row.name),
    state: row.state as StreamReport['state'], // the table's constraint
    reason: text('reason'),
    destination: String(row.destination),
    acknowledgement: row.acknowledgement as Acknowledgement, // that of a destination
    access: row.access as LedgerAccess, // as it was stored
    position: Number(row.position),
    lagEvents: Number(row.lag_events),
    lagSeconds: Math.max(Number(row.lag_seconds), 0),
    sentEvents: Number(row.sent_events),
    sentBatches: Number(row.sent_batches),
    lastSentAt: text('last_sent_at'),
    failures: Number(row.failures),
    lastError: text('last_error'),
    parked: Number(row.parked),
    replays: row.replays as StreamReport['replays'], // as the statement makes them
  };
}

/** The delay in seconds from which an active stream is late. */
const LATE_SECONDS = 300;

/** The problems of streams, with what to do. A stream that somebody paused is not a problem. */
export function problemsOfStreams(reports: readonly StreamReport[]): readonly Error[] {
  return reports.flatMap((report) => {
    const { name, state, reason, failures, lastError, lagSeconds, parked } = report;
    const isActive = state === 'active';
    const isFailing = isActive && failures >= FAILURES_OF_A_STATE;
    return [
      ...(state === 'gone' ? [new StreamGoneError(name, reason ?? '')] : []),
      ...(isFailing ? [new StreamFailingError(name, failures, lastError ?? '')] : []),
      ...(isActive && !isFailing && lagSeconds > LATE_SECONDS ? [new StreamLateError(name, lagSeconds)] : []),
      ...(parked > 0 ? [new StreamParkedError(name, parked)] : []),
    ];
  });
}

import type { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import { FAILURES_OF_A_STATE } from '../../monitoring/consumers/retry-delay.js';
import type { StreamReport } from './stream.dto.js';
import { streamsErrors } from './streams.errors.js';

/** Reads {@link StreamReport}s. The role must be able to read all events. */
export const STREAM_REPORTS = `
  SELECT jsonb_build_object('name', s.name, 'state', s.state, 'reason', s.state_reason, 'destination', s.destination,
           'acknowledgement', s.acknowledgement, 'access', s.access, 'position', s.looked,
           'lagEvents', greatest(coalesce(newest.size, 0) - s.looked, 0),
           'lagSeconds', greatest(coalesce(extract(epoch FROM clock_timestamp() - (
             SELECT signed_at FROM audit_checkpoint WHERE size > s.looked ORDER BY size LIMIT 1))::float8, 0), 0),
           'sentEvents', s.sent_events, 'sentBatches', s.sent_batches, 'failures', s.failures, 'lastError', coalesce(s.problem, s.last_error),
           'lastSentAt', to_char(s.last_sent_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
           'parked', (SELECT count(*) FROM audit_stream_parked WHERE stream = s.name),
           'replays', (
             SELECT coalesce(jsonb_agg(jsonb_build_object('name', r.name, 'state', r.state, 'first', r.begins_at, 'last', r.ends_before - 1,
                      'position', r.looked, 'sentEvents', r.sent_events, 'sentBatches', r.sent_batches, 'failures', r.failures,
                      'lastError', coalesce(r.problem, r.last_error), 'parked', (SELECT count(*) FROM audit_stream_parked WHERE stream = r.name))
                      ORDER BY r.created_at DESC, r.name), '[]')
               FROM audit_stream r WHERE r.replay_of = s.name)) AS report
    FROM audit_stream s LEFT JOIN (SELECT max(size) AS size FROM audit_checkpoint) AS newest ON true
   WHERE s.replay_of IS NULL ORDER BY s.name`;

/** Reads the reports of all streams, sorted by name. Rejects with the errors of {@link LedgerReader.eventRows}. */
export async function readStreamReports(reader: Pick<LedgerReader, 'eventRows'>): Promise<readonly StreamReport[]> {
  return (await reader.eventRows({ scope: 'all' }, STREAM_REPORTS, [])).map(streamReportOfRow);
}

export function streamReportOfRow({ report }: Readonly<Record<string, unknown>>): StreamReport {
  return report as StreamReport; // STREAM_REPORTS selects this type
}

const LATE_SECONDS = 300;

/** Returns the problems of streams. A stream that somebody paused is not a problem. */
export function problemsOfStreams(reports: readonly StreamReport[]): readonly Error[] {
  return reports.flatMap((report) => {
    const { name, state, reason, failures, lastError, lagSeconds, parked } = report;
    const isActive = state === 'active';
    const isFailing = isActive && failures >= FAILURES_OF_A_STATE;
    return [
      ...(state === 'gone' ? [streamsErrors.AUDIT_STREAM_FAILING.gone(name, reason ?? '')] : []),
      ...(isFailing ? [streamsErrors.AUDIT_STREAM_FAILING.attempts(name, failures, lastError ?? '')] : []),
      ...(isActive && !isFailing && lagSeconds > LATE_SECONDS
        ? [streamsErrors.AUDIT_STREAM_FAILING.late(name, lagSeconds)]
        : []),
      ...(parked > 0 ? [streamsErrors.AUDIT_STREAM_PARKED(name, parked)] : []),
    ];
  });
}

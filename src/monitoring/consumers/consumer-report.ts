import type { LedgerReader } from '../store/ledger-reader.service.js';
import { selectTimeText } from '../store/ledger-row.js';
import type { ConsumerReport } from './consumer.dto.js';
import { consumerErrors } from './consumers.errors.js';
import { FAILURES_PER_STATE } from './retry-delay.js';

const REPORT_FIELDS = `'name', c.name, 'state', c.state, 'position', c.position, 'handledEvents', c.handled_events,
  'handledBatches', c.handled_batches, 'failures', c.failures, 'lastError', c.last_error,
  'parked', (SELECT count(*) FROM audit_consumer_parked WHERE consumer = c.name)`;

/** Reads {@link ConsumerReport}s. */
export const CONSUMER_REPORTS = `
  SELECT jsonb_build_object(${REPORT_FIELDS}, 'reason', c.state_reason, 'delaysRetention', c.delays_retention, 'about', c.about,
           'lagEvents', greatest(coalesce(newest.size, 0) - c.position, 0),
           'lagSeconds', greatest(coalesce(extract(epoch FROM clock_timestamp() - (
             SELECT signed_at FROM audit_checkpoint WHERE size > c.position ORDER BY size LIMIT 1))::float8, 0), 0),
           'lastHandledAt', ${selectTimeText('c.last_handled_at')},
           'replays', (SELECT coalesce(jsonb_agg(jsonb_build_object(${REPORT_FIELDS}, 'endsBefore', c.ends_before)
                                ORDER BY c.created_at DESC, c.name), '[]')
                         FROM audit_consumer c WHERE c.replay_of = outside.name)) AS report
    FROM audit_consumer outside JOIN audit_consumer c ON c.name = outside.name
    LEFT JOIN (SELECT max(size) AS size FROM audit_checkpoint) AS newest ON true
   WHERE outside.replay_of IS NULL ORDER BY outside.name`;

/** Reads the reports of all consumers, sorted by name. Rejects with the errors of {@link LedgerReader.rows}. */
export async function readConsumerReports(reader: Pick<LedgerReader, 'rows'>): Promise<readonly ConsumerReport[]> {
  return (await reader.rows(CONSUMER_REPORTS, [])).map(toConsumerReport);
}

export function toConsumerReport({ report }: Readonly<Record<string, unknown>>): ConsumerReport {
  return report as ConsumerReport; // CONSUMER_REPORTS selects this type
}

const LATE_SECONDS = 300;

/** Returns the problems of consumers. A consumer that somebody paused is not a problem. */
export function findConsumerProblems(reports: readonly ConsumerReport[]): readonly Error[] {
  return reports.flatMap(({ name, state, reason, failures, lastError, lagSeconds, parked }) => {
    const isActive = state === 'active';
    const isFailing = isActive && failures >= FAILURES_PER_STATE;
    return [
      ...(state === 'gone' ? [consumerErrors.AUDIT_CONSUMER_FAILING.gone(name, reason ?? '')] : []),
      ...(isFailing ? [consumerErrors.AUDIT_CONSUMER_FAILING.attempts(name, failures, lastError ?? '')] : []),
      ...(isActive && !isFailing && lagSeconds > LATE_SECONDS
        ? [consumerErrors.AUDIT_CONSUMER_FAILING.late(name, lagSeconds)]
        : []),
      ...(parked > 0 ? [consumerErrors.AUDIT_CONSUMER_PARKED(name, parked)] : []),
    ];
  });
}

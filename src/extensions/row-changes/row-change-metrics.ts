import type { CaptureWatchStatus } from './attest/capture-watch.service.js';
import type { DrainStatus } from './row-change-drain.service.js';
import type { Outbox } from './outbox-part.js';
import { counter, gauge, type ObservableMetric } from '../../monitoring/operate/metrics/pulled-metric.js';

/** Metrics of the outbox, read from the database. */
export const OUTBOX_METRICS: readonly ObservableMetric<Outbox | undefined>[] = [
  gauge(
    'audit_row_changes_waiting_seconds',
    'Seconds that the oldest captured row change has waited for the ledger; 0 if none waits.',
    (outbox) => outbox?.seconds,
  ),
  gauge(
    'audit_row_changes_parked',
    'Captured row changes that are parked, because the ledger cannot store them or an earlier change of their row.',
    (outbox) => outbox?.parked,
  ),
  gauge('audit_row_changes_parked_bytes', 'Bytes on the disk of parked row changes.', (outbox) => outbox?.parkedBytes),
];

export const ROW_CHANGE_METRICS: readonly ObservableMetric<DrainStatus>[] = [
  gauge('audit_row_changes_draining', '1 in the one process that moves row changes into the ledger.', ({ role }) =>
    role === 'leading' ? 1 : 0,
  ),
  counter(
    'audit_row_changes_drained_total',
    'Row changes that this process moved into the ledger.',
    ({ changes }) => changes,
  ),
  counter(
    'audit_row_changes_unattributed_total',
    'Row changes that the application made without an audit context, so that the actor is unknown.',
    ({ unattributed }) => unattributed,
  ),
  counter(
    'audit_row_captures_failed_total',
    'Statements that the rules let pass although their changes could not be captured.',
    ({ failed }) => failed,
  ),
];

export const CAPTURE_METRICS: readonly ObservableMetric<CaptureWatchStatus>[] = [
  counter(
    'audit_capture_alterations_total',
    'Triggers, functions and tables of the capture that were dropped, switched off, replaced or rewritten.',
    ({ alterations }) => alterations,
  ),
  counter(
    'audit_capture_failed_runs_total',
    'Attestations and reconciliations that failed because the ledger could not be read.',
    ({ failedRuns }) => failedRuns,
  ),
  gauge(
    'audit_capture_attested_timestamp_seconds',
    'The time when this process last attested the capture, in seconds since 1970.',
    ({ attestedAt }) => attestedAt && attestedAt.getTime() / 1_000,
  ),
  gauge(
    'audit_capture_reconcile_findings',
    'Findings of the last scheduled reconciliation in this process.',
    ({ reconciled }) => reconciled?.totalFindings,
  ),
  gauge(
    'audit_capture_reconciled_timestamp_seconds',
    'The time of the last scheduled reconciliation in this process, in seconds since 1970.',
    ({ reconciled }) => reconciled && Date.parse(reconciled.checkedAt) / 1_000,
  ),
];

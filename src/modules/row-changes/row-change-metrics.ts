import type { CaptureWatchStatus } from './attest/capture-watch.service.js';
import type { DrainStatus } from './row-change-drain.service.js';
import type { Outbox } from './outbox-part.js';
import { counter, gauge, type PulledMetric } from '../monitoring/metrics/pulled-metric.js';

/** Metrics from the ledger's database about captured changes that are not in the ledger yet. */
export const OUTBOX_METRICS: readonly PulledMetric<Outbox | undefined>[] = [
  gauge(
    'audit_row_changes_waiting_seconds',
    'For how long the oldest captured row change waits for the ledger; 0 without any.',
    (outbox) => outbox?.seconds,
  ),
  gauge(
    'audit_row_changes_parked',
    'Captured row changes that the ledger cannot store, with later changes of the same rows.',
    (outbox) => outbox?.parked,
  ),
];

/** Metrics of the changes that this process moved from the outbox into the ledger. */
export const ROW_CHANGE_METRICS: readonly PulledMetric<DrainStatus>[] = [
  gauge(
    'audit_row_changes_draining',
    '1 in the process that brings row changes into the ledger. One of all has it.',
    ({ role }) => (role === 'leading' ? 1 : 0),
  ),
  counter(
    'audit_row_changes_drained_total',
    'Row changes that this process brought into the ledger.',
    ({ changes }) => changes,
  ),
  counter(
    'audit_row_changes_unattributed_total',
    'Those of the application itself without a context: nobody knows on whose behalf.',
    ({ unattributed }) => unattributed,
  ),
  counter(
    'audit_row_captures_failed_total',
    'Statements that were let pass though their changes could not be captured.',
    ({ failed }) => failed,
  ),
];

/** Metrics of whether the capture of row changes is unaltered and complete. */
export const CAPTURE_METRICS: readonly PulledMetric<CaptureWatchStatus>[] = [
  counter(
    'audit_capture_alterations_total',
    'Triggers, functions and tables of the capture that were dropped, switched off, replaced or rewritten.',
    ({ alterations }) => alterations,
  ),
  counter(
    'audit_capture_failed_runs_total',
    'Attestations and reconciliations that failed, because the ledger could not be read.',
    ({ failedRuns }) => failedRuns,
  ),
  gauge(
    'audit_capture_attested_timestamp_seconds',
    'When this process last attested the capture, in seconds since 1970.',
    ({ attestedAt }) => attestedAt && attestedAt.getTime() / 1_000,
  ),
  gauge(
    'audit_capture_reconcile_findings',
    'Findings of the last scheduled reconciliation in this process.',
    ({ reconciled }) => reconciled?.totalFindings,
  ),
  gauge(
    'audit_capture_reconciled_timestamp_seconds',
    'When the last scheduled reconciliation in this process was made, in seconds since 1970.',
    ({ reconciled }) => reconciled && Date.parse(reconciled.checkedAt) / 1_000,
  ),
];

import type { CaptureWatchStatus } from './attest/capture-watch.service.js';
import type { DrainStatus } from './row-change-drain.service.js';
import type { Outbox } from './outbox-part.js';
import type { PulledMetric } from '../monitoring/metrics/pulled-metric.js';

/** Metrics from the ledger's database about captured changes that are not in the ledger yet. */
export const OUTBOX_METRICS: readonly PulledMetric<Outbox | undefined>[] = [
  {
    kind: 'gauge',
    name: 'audit_row_changes_waiting_seconds',
    help: 'For how long the oldest captured row change waits for the ledger; 0 without any.',
    read: (outbox) => outbox?.seconds,
  },
  {
    kind: 'gauge',
    name: 'audit_row_changes_parked',
    help: 'Captured row changes that the ledger cannot store, with later changes of the same rows.',
    read: (outbox) => outbox?.parked,
  },
];

/** Metrics of the changes that this process moved from the outbox into the ledger. */
export const ROW_CHANGE_METRICS: readonly PulledMetric<DrainStatus>[] = [
  {
    kind: 'gauge',
    name: 'audit_row_changes_draining',
    help: '1 in the process that brings row changes into the ledger. One of all has it.',
    read: ({ role }) => (role === 'leading' ? 1 : 0),
  },
  {
    kind: 'counter',
    name: 'audit_row_changes_drained_total',
    help: 'Row changes that this process brought into the ledger.',
    read: ({ changes }) => changes,
  },
  {
    kind: 'counter',
    name: 'audit_row_changes_unattributed_total',
    help: 'Those of the application itself without a context: nobody knows on whose behalf.',
    read: ({ unattributed }) => unattributed,
  },
  {
    kind: 'counter',
    name: 'audit_row_captures_failed_total',
    help: 'Statements that were let pass though their changes could not be captured.',
    read: ({ failed }) => failed,
  },
];

/** Metrics of whether the capture of row changes is unaltered and complete. */
export const CAPTURE_METRICS: readonly PulledMetric<CaptureWatchStatus>[] = [
  {
    kind: 'counter',
    name: 'audit_capture_alterations_total',
    help: 'Triggers, functions and tables of the capture that were dropped, switched off, replaced or rewritten.',
    read: ({ alterations }) => alterations,
  },
  {
    kind: 'counter',
    name: 'audit_capture_failed_runs_total',
    help: 'Attestations and reconciliations that failed, because the ledger could not be read.',
    read: ({ failedRuns }) => failedRuns,
  },
  {
    kind: 'gauge',
    name: 'audit_capture_attested_timestamp_seconds',
    help: 'When this process last attested the capture, in seconds since 1970.',
    read: ({ attestedAt }) => attestedAt && attestedAt.getTime() / 1_000,
  },
  {
    kind: 'gauge',
    name: 'audit_capture_reconcile_findings',
    help: 'Findings of the last scheduled reconciliation in this process.',
    read: ({ reconciled }) => reconciled?.totalFindings,
  },
  {
    kind: 'gauge',
    name: 'audit_capture_reconciled_timestamp_seconds',
    help: 'When the last scheduled reconciliation in this process was made, in seconds since 1970.',
    read: ({ reconciled }) => reconciled && Date.parse(reconciled.checkedAt) / 1_000,
  },
];

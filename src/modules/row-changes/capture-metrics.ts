import type { CaptureWatchStatus } from './attest/capture-watch.service.js';
import type { PulledMetric } from '../monitoring/metrics/pulled-metric.js';

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

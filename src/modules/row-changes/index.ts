export { RowChangesModule } from './row-changes.module.js';
export type { RowChangesOptions } from './capture-options.js';
export { CaptureError, ReconcileError, RowChangesLateError, RowChangesParkedError } from './capture.error.js';
export { CaptureWatch, type CaptureWatchStatus } from './attest/capture-watch.service.js';
export { reconcileLedger, type ReconcileOptions } from './reconcile/reconcile-ledger.js';
export type { Mismatch, MismatchKind, ReconciledTable, Reconciliation } from './reconcile/reconciliation.js';
export { installCapture, type InstallableSource } from './install-triggers.js';
export { RowChangeDrain, type DrainStatus } from './row-change-drain.service.js';

import type { AuditInput, AuditOutcome } from '../../../audit/nest-free.js';
import { describeRead } from '../access/ledger-reads.js';
import type { LedgerEvent } from '../query/ledger-event.js';
import { objectOf } from '../query/records/row-change.js';
import { manifestOf, type ExportManifest } from './export-manifest.js';
import type { ExportProgress, ExportTotals } from './export-tally.js';
import type { ExportRequest } from './ledger-export.js';

/** The resource type of an export's events. The resource id is the id of the export. */
export const EXPORT_RESOURCE = 'audit_export';

/** States the progress of an export, and the reason for an early end. */
export interface ExportEnd {
  readonly mark?: number;
  readonly progress?: ExportProgress;
  readonly error?: unknown;
}

export function describeExport(
  exportId: string,
  { access, filters, format, isCompressed, withProofs = false, withByteOrderMark = false }: Omit<ExportRequest, 'mark'>,
  outcome: AuditOutcome,
  { mark, progress, error }: ExportEnd = {},
): AuditInput {
  const { count = 0, ...totals } = progress ?? {};
  const file = { format, gzip: isCompressed, proofs: withProofs, ...(withByteOrderMark ? { bom: true } : {}) };
  const more = { ...file, ...(mark === undefined ? {} : { mark }), ...totals };
  return {
    ...describeRead({ access, filters: Object.fromEntries(Object.entries(filters)), shown: count, more }),
    outcome,
    resource: { type: EXPORT_RESOURCE, id: exportId },
    ...(error === undefined ? {} : { error }),
  };
}

/**
 * Rebuilds the manifest of an export from the event that recorded its success. Returns `undefined` for a truncated or partly erased event.
 */
export function manifestOfRecord(
  { details, resource, occurredAt, actor: { type, id }, truncated }: LedgerEvent,
  origin: string,
  checkpoint: string | undefined,
): ExportManifest | undefined {
  const { access, filters, sha256 } = details;
  if (truncated || !objectOf(access) || !objectOf(filters) || typeof sha256 !== 'string') return undefined;
  const { mark, shown, gzip, proofs, ...recorded } = details as unknown as RecordedExport; // as describeExport() wrote the details
  return manifestOf(
    {
      exportId: resource?.id ?? '',
      origin,
      createdAt: occurredAt,
      createdBy: { type, ...(id === undefined ? {} : { id }) },
    },
    { ...recorded, isCompressed: gzip, withProofs: proofs },
    { size: mark, ...(checkpoint === undefined ? {} : { checkpoint }) },
    { ...recorded, count: shown },
  );
}

type RecordedExport = Pick<ExportManifest, 'mark' | 'proofs'> &
  Omit<ExportTotals, 'count'> &
  Pick<ExportRequest, 'access' | 'filters' | 'format'> & { readonly shown: number; readonly gzip: boolean };

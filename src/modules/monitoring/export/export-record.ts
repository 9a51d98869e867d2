import type { AuditInput, AuditOutcome, JsonObject } from '../../../audit/plain.js';
import { describeRead } from '../access/describe-read.js';
import type { LedgerEvent } from '../query/ledger-event.js';
import type { ExportManifest } from './export-manifest.js';
import type { ExportProgress } from './export-tally.js';
import type { ExportRequest } from './ledger-export.js';

/** The type of the resource of an export's events; its id is the export's. */
export const EXPORT_RESOURCE = 'audit_export';

/** Builds the events of an export: one when it begins, one when it ends. */
export function describeExport(
  exportId: string,
  { access, filters, format, isCompressed, withProofs = false, withByteOrderMark = false }: Omit<ExportRequest, 'mark'>,
  outcome: AuditOutcome,
  end: { readonly mark?: number; readonly progress?: ExportProgress; readonly error?: unknown } = {},
): AuditInput {
  const { mark, progress, error } = end;
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
 * Rebuilds the manifest of an export from its event of success; `undefined` if the event is incomplete, because it was cut or partly
 * erased.
 */
export function manifestOfRecord(
  event: LedgerEvent,
  origin: string,
  checkpoint: string | undefined,
): ExportManifest | undefined {
  const { access, filters, shown, format, gzip, proofs, mark, sha256, bytes, fileSha256, fileBytes } = event.details;
  const { firstIndex, lastIndex } = event.details;
  if (event.truncated || !isObject(access) || !isObject(filters) || typeof sha256 !== 'string') return undefined;
  const { type, id } = event.actor;
  const manifest = {
    exportId: event.resource?.id,
    origin,
    format,
    proofs: proofs === true,
    filters,
    access,
    count: shown,
    firstIndex: firstIndex ?? null,
    lastIndex: lastIndex ?? null,
    mark,
    checkpoint: checkpoint ?? null,
    sha256,
    bytes,
    gzip: gzip === true ? { sha256: fileSha256, bytes: fileBytes } : null,
    createdAt: event.occurredAt,
    createdBy: { type, ...(id === undefined ? {} : { id }) },
  };
  return manifest as unknown as ExportManifest; // as describeExport wrote it
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import type { LedgerAccess } from '../access/ledger-access.js';
import type { CheckpointTrust } from '../../proof/log/notes/checkpoint.js';
import { formatStatement, readStatement } from '../../proof/log/notes/statement.js';
import type { ExportFormat } from './export-format.js';
import type { ExportCheckpoint, ExportTotals, ExportRequest, ExportProgress } from './ledger-export.js';
import type { AuditInput, AuditOutcome } from '../../../audit/nest-free.js';
import { describeRead } from '../access/own-events.js';
import type { LedgerEvent } from '../query/ledger-event.js';
import { toObject } from '../query/records/row-change.js';

const KIND = 'export-manifest';

/** Describes an export. The ledger signs the manifest. All hashes are SHA-256 in hexadecimal. */
export interface ExportManifest {
  readonly exportId: string;
  readonly origin: string;
  readonly format: ExportFormat;
  /** Whether each event has a proof of its inclusion in the checkpoint. */
  readonly proofs: boolean;
  readonly filters: Readonly<Record<string, unknown>>;
  /** The caller's access, which limits the exported events. */
  readonly access: LedgerAccess;
  readonly count: number;
  /** The lowest and the highest index of the exported events; `null` without events. */
  readonly firstIndex: number | null;
  readonly lastIndex: number | null;
  /** The tree size of the export: all exported events have a lower index. */
  readonly treeSize: number;
  /** The signed checkpoint with the size `treeSize`; `null` if nothing was sealed. */
  readonly checkpoint: string | null;
  /** The hash and the size of the uncompressed content. */
  readonly sha256: string;
  readonly bytes: number;
  /** The hash and the size of the compressed file; `null` without compression. */
  readonly gzip: { readonly sha256: string; readonly bytes: number } | null;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly createdBy: { readonly type: string; readonly id?: string };
}

type ExportContext = Pick<ExportManifest, 'exportId' | 'origin' | 'createdAt' | 'createdBy'>;

export function buildManifest(
  { exportId, origin, createdAt, createdBy }: ExportContext,
  { format, filters, access, isCompressed, withProofs = false }: Omit<ExportRequest, 'treeSize'>,
  checkpoint: ExportCheckpoint,
  totals: ExportTotals,
): ExportManifest {
  const { count, firstIndex = null, lastIndex = null, sha256, bytes, fileSha256, fileBytes } = totals;
  const gzip = isCompressed ? { sha256: fileSha256, bytes: fileBytes } : null;
  const place = { count, firstIndex, lastIndex, treeSize: checkpoint.size, checkpoint: checkpoint.checkpoint ?? null };
  return {
    ...{ exportId, origin, format, proofs: withProofs, filters: Object.fromEntries(Object.entries(filters)), access },
    ...place,
    ...{ sha256, bytes, gzip, createdAt, createdBy },
  };
}

export function formatManifest(manifest: ExportManifest): string {
  return formatStatement(KIND, manifest.origin, manifest);
}

/** Reads a manifest, and verifies that a key of the ledger signed it. @throws the errors of {@link readStatement} */
export function verifyManifest(note: string, trust: CheckpointTrust): ExportManifest {
  return readStatement(note, KIND, trust) as ExportManifest; // the note is signed, so formatManifest() wrote it
}

/** The resource type of an export's events. The resource id is the id of the export. */
export const EXPORT_RESOURCE = 'audit_export';

/** States the progress of an export, and the reason for an early end. */
export interface ExportResult {
  readonly treeSize?: number;
  readonly progress?: ExportProgress;
  readonly error?: unknown;
}

export function describeExport(
  exportId: string,
  {
    access,
    filters,
    format,
    isCompressed,
    withProofs = false,
    withByteOrderMark = false,
  }: Omit<ExportRequest, 'treeSize'>,
  outcome: AuditOutcome,
  { treeSize, progress, error }: ExportResult = {},
): AuditInput {
  const { count = 0, ...totals } = progress ?? {};
  const file = { format, gzip: isCompressed, proofs: withProofs, ...(withByteOrderMark ? { bom: true } : {}) };
  const more = { ...file, ...(treeSize === undefined ? {} : { treeSize }), ...totals };
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
export function toManifest(
  { details, resource, occurredAt, actor: { type, id }, truncated }: LedgerEvent,
  origin: string,
  checkpoint: string | undefined,
): ExportManifest | undefined {
  const { access, filters, sha256 } = details;
  if (truncated || !toObject(access) || !toObject(filters) || typeof sha256 !== 'string') return undefined;
  const { treeSize, shown, gzip, proofs, ...recorded } = details as unknown as RecordedExport; // as describeExport() wrote the details
  return buildManifest(
    {
      exportId: resource?.id ?? '',
      origin,
      createdAt: occurredAt,
      createdBy: { type, ...(id === undefined ? {} : { id }) },
    },
    { ...recorded, isCompressed: gzip, withProofs: proofs },
    { size: treeSize, ...(checkpoint === undefined ? {} : { checkpoint }) },
    { ...recorded, count: shown },
  );
}

type RecordedExport = Pick<ExportManifest, 'treeSize' | 'proofs'> &
  Omit<ExportTotals, 'count'> &
  Pick<ExportRequest, 'access' | 'filters' | 'format'> & { readonly shown: number; readonly gzip: boolean };

import type { LedgerAccess } from '../access/ledger-access.js';
import type { CheckpointTrust } from '../../proof/log/notes/checkpoint.js';
import { formatStatement, readStatement } from '../../proof/log/notes/statement.js';
import type { ExportFormat } from './export-format.js';
import type { ExportMark } from './exported-rows.js';
import type { ExportTotals } from './export-tally.js';
import type { ExportRequest } from './ledger-export.js';

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
  readonly mark: number;
  /** The signed checkpoint with the size `mark`; `null` if nothing was sealed. */
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

export type ExportOccasion = Pick<ExportManifest, 'exportId' | 'origin' | 'createdAt' | 'createdBy'>;

export function manifestOf(
  { exportId, origin, createdAt, createdBy }: ExportOccasion,
  { format, filters, access, isCompressed, withProofs = false }: Omit<ExportRequest, 'mark'>,
  mark: ExportMark,
  totals: ExportTotals,
): ExportManifest {
  const { count, firstIndex = null, lastIndex = null, sha256, bytes, fileSha256, fileBytes } = totals;
  const gzip = isCompressed ? { sha256: fileSha256, bytes: fileBytes } : null;
  const place = { count, firstIndex, lastIndex, mark: mark.size, checkpoint: mark.checkpoint ?? null };
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

import type { LedgerAccess } from '../access/ledger-access.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { formatStatement, readStatement, type StatementSigner } from '../log/notes/statement.js';
import type { ExportFormat } from './export-format.js';
import type { ExportMark } from './exported-rows.js';
import type { ExportTotals } from './export-tally.js';
import type { ExportRequest } from './ledger-export.js';

const KIND = 'export-manifest';

/** The description of an export that its ledger signs. Hashes are SHA-256, hexadecimal. */
export interface ExportManifest {
  readonly exportId: string;
  /** The ledger's name. */
  readonly origin: string;
  readonly format: ExportFormat;
  /** Whether each event has the proof that it is in the tree of the checkpoint. */
  readonly proofs: boolean;
  readonly filters: Readonly<Record<string, unknown>>;
  /** The exporter's access, which bounds the export. */
  readonly access: LedgerAccess;
  /** How many events. */
  readonly count: number;
  /** The lowest and the highest index of its events; `null` without events. */
  readonly firstIndex: number | null;
  readonly lastIndex: number | null;
  /** The tree size that bounds the export: all events are below it. */
  readonly mark: number;
  /** The signed note of the tree of that size; `null` when nothing was sealed. */
  readonly checkpoint: string | null;
  /** Of the bytes of the format, before compression. */
  readonly sha256: string;
  readonly bytes: number;
  /** Of the compressed file; `null` if it is not compressed. */
  readonly gzip: { readonly sha256: string; readonly bytes: number } | null;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly createdBy: { readonly type: string; readonly id?: string };
}

/** Which export it is, and who made it. */
export type ExportOccasion = Pick<ExportManifest, 'exportId' | 'origin' | 'createdAt' | 'createdBy'>;

/** The manifest of a finished export. */
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

/** The signed note of a manifest (C2SP signed-note). */
export function signManifest(manifest: ExportManifest, signText: StatementSigner['signText']): string {
  return signText(formatStatement(KIND, manifest.origin, manifest));
}

/** Reads the manifest of a note, and checks that a key of the ledger signed it. @throws as {@link readStatement} does */
export function verifyManifest(note: string, trust: CheckpointTrust): ExportManifest {
  return readStatement(note, KIND, trust) as ExportManifest; // signed, so it is what signManifest wrote
}

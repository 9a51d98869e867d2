import { AuditError, errorMessage } from '../../../audit/plain.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { formatStatement, readStatement, type StatementSigner } from '../log/notes/statement.js';
import { ArchiveInvalidError } from './archive.error.js';

/** A file of an archive. */
export interface ArchivedFile {
  readonly name: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** What an archive is of, signed with the ledger's key. */
export interface ArchiveManifest {
  readonly archive: string;
  /** Of the ledger. */
  readonly origin: string;
  /** Of the retirement that its events were archived for. */
  readonly retirementId: string;
  /** By which they were retired, as canonical JSON. */
  readonly policy: string;
  /** RFC 3339; all of its events are older. */
  readonly cutoff: string;
  readonly archivedAt: string;
  readonly events: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
  /** Of all their places, as `IndexDigest` has it. */
  readonly indexesDigest: string;
  /** Of their ids, as `IdDigest` has it. */
  readonly idsDigest: string;
  /** How many of them had their personal part erased. */
  readonly erased: number;
  /** How many times its events were rewritten. */
  readonly revision: number;
  readonly files: {
    readonly events: ArchivedFile;
    /** What queries read of the events, as Parquet; absent where DuckDB was not installed. */
    readonly columns?: ArchivedFile;
    readonly tiles: ArchivedFile;
    readonly checkpoint: ArchivedFile;
  };
}

const KIND = 'archive';

/** The manifest as a signed note. */
export function signManifest(manifest: ArchiveManifest, signText: StatementSigner['signText']): string {
  return signText(formatStatement(KIND, manifest.origin, manifest));
}

/**
 * The manifest of a note, once a key of the ledger is seen to have signed it.
 *
 * @throws ArchiveInvalidError (`AUDIT_ARCHIVE_INVALID`)
 */
export function verifyManifest(archive: string, note: string, trust: CheckpointTrust): ArchiveManifest {
  try {
    return readStatement(note, KIND, trust) as ArchiveManifest; // signed, so it is what signManifest wrote
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    throw new ArchiveInvalidError(archive, `its manifest: ${errorMessage(error).replace(/\.$/, '')}`, error);
  }
}

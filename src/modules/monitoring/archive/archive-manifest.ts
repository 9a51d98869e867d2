import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { formatStatement, readStatement, type StatementSigner } from '../log/notes/statement.js';
import { readPart } from './archive.error.js';

/** A file of an archive. */
export interface ArchivedFile {
  readonly name: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** The content of an archive, signed with the ledger's key. */
export interface ArchiveManifest {
  readonly archive: string;
  /** The ledger's origin. */
  readonly origin: string;
  /** The retirement that archived its events. */
  readonly retirementId: string;
  /** The policy that retired the events, as canonical JSON. */
  readonly policy: string;
  /** RFC 3339; all of its events are older. */
  readonly cutoff: string;
  readonly archivedAt: string;
  readonly events: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
  /** The digest of all places, by `IndexDigest`. */
  readonly indexesDigest: string;
  /** The digest of the events' ids, by `IdDigest`. */
  readonly idsDigest: string;
  /** How many of the events had their personal part erased. */
  readonly erased: number;
  /** How many times its events were rewritten. */
  readonly revision: number;
  readonly files: {
    readonly events: ArchivedFile;
    /** The columns that queries read, as Parquet; absent where DuckDB was not installed. */
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
 * Reads the manifest of a note, and checks that a key of the ledger signed it.
 *
 * @throws ArchiveInvalidError (`AUDIT_ARCHIVE_INVALID`)
 */
export function verifyManifest(archive: string, note: string, trust: CheckpointTrust): ArchiveManifest {
  return readPart(archive, 'manifest', () => readStatement(note, KIND, trust) as ArchiveManifest); // signed, so it is what signManifest wrote
}

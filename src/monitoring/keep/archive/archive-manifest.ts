import type { CheckpointTrust } from '../../proof/log/notes/checkpoint.js';
import { formatStatement, readStatement } from '../../proof/log/notes/statement.js';
import { readPart } from './read-part.js';

/** The name of the manifest file. An archive without this file is unfinished. */
export const MANIFEST = 'manifest';

export interface ArchivedFile {
  readonly name: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** Describes an archive. The ledger signs the manifest. */
export interface ArchiveManifest {
  readonly archive: string;
  readonly origin: string;
  readonly retirementId: string;
  /** The policy that retired the events, as canonical JSON. */
  readonly policy: string;
  /** RFC 3339. All events of the archive are older than this time. */
  readonly cutoff: string;
  readonly archivedAt: string;
  readonly events: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
  /** The digest of all indexes, by `IndexDigest`. */
  readonly indexesDigest: string;
  /** The digest of the events' ids, by `IdDigest`. */
  readonly idsDigest: string;
  /** The number of events whose personal part was erased. */
  readonly erased: number;
  /** How many times the file of the events was rewritten. */
  readonly revision: number;
  readonly files: {
    readonly events: ArchivedFile;
    /** The Parquet file that queries read; absent if DuckDB was not installed. */
    readonly columns?: ArchivedFile;
    readonly tiles: ArchivedFile;
    readonly checkpoint: ArchivedFile;
  };
}

const KIND = 'archive';

export function formatManifest(manifest: ArchiveManifest): string {
  return formatStatement(KIND, manifest.origin, manifest);
}

/**
 * Reads a manifest, and verifies that a key of the ledger signed it.
 *
 * @throws `AUDIT_ARCHIVE_INVALID`
 */
export function verifyManifest(archive: string, note: string, trust: CheckpointTrust): ArchiveManifest {
  return readPart(archive, 'manifest', () => readStatement(note, KIND, trust) as ArchiveManifest); // the note is signed, so formatManifest() wrote the note
}

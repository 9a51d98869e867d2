import { AuditError, canonicalJson, errorMessage, parseJson } from '../../../audit/plain.js';
import type { CheckpointTrust } from '../log/notes/checkpoint.js';
import { verifyNote } from '../log/notes/signed-note.js';
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

/** Signs texts as the ledger, and says whose signatures are accepted. */
export interface ArchiveSigner {
  /** The signed note of a text that ends in a newline. */
  readonly signText: (text: string) => string;
  readonly trust: CheckpointTrust;
}

/** Its second line is not a size: a manifest is never taken for a checkpoint. */
const HEADER = 'nestjs-audit-ledger/archive@v1';

/** The manifest as a signed note. */
export function signManifest(manifest: ArchiveManifest, { signText }: Pick<ArchiveSigner, 'signText'>): string {
  return signText(`${HEADER}\n${canonicalJson(manifest)}\n`);
}

/**
 * The manifest of a note, once a key of the ledger is seen to have signed it.
 *
 * @throws ArchiveInvalidError (`AUDIT_ARCHIVE_INVALID`)
 */
export function verifyManifest(archive: string, note: string, { origin, keys }: CheckpointTrust): ArchiveManifest {
  try {
    const [header, json = ''] = verifyNote(note, keys).text.split('\n');
    if (header !== HEADER) throw new ArchiveInvalidError(archive, `its manifest does not begin with ${HEADER}`);
    const manifest = parseJson(json) as ArchiveManifest; // signed by the ledger, which writes nothing else behind the header
    if (manifest.origin !== origin) {
      throw new ArchiveInvalidError(archive, `it is of the ledger ${manifest.origin}, not of ${origin}`);
    }
    return manifest;
  } catch (error) {
    if (error instanceof ArchiveInvalidError || !(error instanceof AuditError)) throw error;
    throw new ArchiveInvalidError(archive, `its manifest: ${errorMessage(error).replace(/\.$/, '')}`, error);
  }
}

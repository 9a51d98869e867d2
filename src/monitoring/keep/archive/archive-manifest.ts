import { createHash } from 'node:crypto';
import type { CheckpointTrust } from '../../proof/log/notes/checkpoint.js';
import { formatStatement, readStatement } from '../../proof/log/notes/statement.js';
import { AuditError } from '../../../base/errors/audit.error.js';
import { getErrorMessage } from '../../../base/errors/error-facts.js';
import { verifyErrors } from '../../errors/verify.errors.js';
import { isErasedLine, type ArchiveLine } from './archive-line.js';

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

/** Calls `read`, and converts an AuditError of `read` to an error of the archive. @throws `AUDIT_ARCHIVE_INVALID` */
export function readPart<Part>(archive: string, name: string, read: () => Part): Part {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    const seen = `its ${name}: ${getErrorMessage(error).replace(/\.$/, '')}`;
    throw verifyErrors.AUDIT_ARCHIVE_INVALID(archive, seen, error);
  }
}

/** Digests the ids of events, sorted by index: SHA-256 over a line `<index> <id>` for each event. */
export class IdDigest {
  private readonly hash = createHash('sha256');
  count = 0;

  /** @param index must be greater than all previous indexes */
  add(index: number, id: string): void {
    this.count += 1;
    this.hash.update(`${index} ${id}\n`);
  }

  /** Returns the digest in hexadecimal. Call this method once, at the end. */
  finish(): string {
    return this.hash.digest('hex');
  }
}

/** Digests indexes in ascending order: SHA-256 over a line `<first>-<last>` for each range without a gap. */
export class IndexDigest {
  private readonly hash = createHash('sha256');
  private open: { readonly first: number; readonly last: number } | undefined;

  /** Adds the indexes from `first` to `last`, inclusive. @param first must be greater than all previous indexes */
  add(first: number, last: number): void {
    if (this.open?.last === first - 1) {
      this.open = { first: this.open.first, last };
      return;
    }
    this.flush();
    this.open = { first, last };
  }

  /** Returns the digest in hexadecimal. Call this method once, at the end. */
  finish(): string {
    this.flush();
    return this.hash.digest('hex');
  }

  private flush(): void {
    if (this.open) this.hash.update(`${this.open.first}-${this.open.last}\n`);
  }
}

/** The fields of the manifest that depend only on the lines of the archive. */
export type LineTotals = Pick<
  ArchiveManifest,
  'events' | 'firstIndex' | 'lastIndex' | 'indexesDigest' | 'idsDigest' | 'erased'
>;

export class LineTally {
  private readonly indexes = new IndexDigest();
  private readonly ids = new IdDigest();
  private firstIndex: number | undefined;
  private lastIndex = 0;
  erased = 0;

  add(line: ArchiveLine): void {
    const { index, sealed } = line;
    this.indexes.add(index, index);
    this.ids.add(index, sealed.id);
    this.firstIndex ??= index;
    this.lastIndex = index;
    if (isErasedLine(line)) this.erased += 1;
  }

  /** Returns the totals. Call this method once, after the last line. */
  totals(): LineTotals {
    const { firstIndex = 0, lastIndex, erased } = this;
    const digests = { indexesDigest: this.indexes.finish(), idsDigest: this.ids.finish() };
    return { events: this.ids.count, firstIndex, lastIndex, ...digests, erased };
  }
}

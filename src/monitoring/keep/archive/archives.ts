import { pause as delay } from '../../../base/timers.js';
import { stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { LOCK_CLASSES, type LedgerLock } from '../../store/locks.js';
import type { LedgerSession } from '../../store/sessions/ledger-session.js';
import { describeHolder } from '../../store/sessions/foreign-lock-holder.js';
import { TIMING } from '../../store/timing.js';
import type { LineAddress } from './archive-columns.js';
import { eraseLine, isPersonalLine, parseLine, type ArchiveLine } from './archive-line.js';
import { MANIFEST, type ArchiveManifest } from './archive-manifest.js';
import type { StatementSigner } from '../../proof/log/notes/statement.js';
import type { ArchiveStore } from './archive-store.js';
import { loadDuckDb } from './duckdb.js';
import { fetchLocalFile, type LocalFile } from './columns-file.js';
import { checkFile, readLines, readManifest, readMember } from './read-archive.js';
import { verifyArchive, type ArchiveVerification } from './verify-archive.js';
import { writeArchive, writeLines, writeManifest, type ArchiveContent } from './write-archive.js';
import { ledgerErrors } from '../../errors/ledger.errors.js';
import { lifecycleErrors } from '../../errors/keep.errors.js';
import { verifyErrors } from '../../errors/verify.errors.js';

/**
 * The lock that a process holds while it writes, removes or erases archives. Without the lock, a process could read an event, and archive it
 * after another process erased it.
 */
export const ARCHIVES_LOCK = { class: LOCK_CLASSES.archives, table: 'audit_retirement' } as const satisfies LedgerLock;

/**
 * Runs `work` with the lock of the archives.
 *
 * @throws `AUDIT_LOCK_HELD` if another session still holds the lock after a minute
 */
export async function withArchivesLock<Result>(
  session: Pick<LedgerSession, 'tryToLock' | 'lockHolder' | 'unlock'>,
  work: () => Promise<Result>,
): Promise<Result> {
  const giveUpAt = performance.now() + TIMING.archivesWaitMs;
  while (!(await session.tryToLock(ARCHIVES_LOCK))) {
    const holder = await session.lockHolder(ARCHIVES_LOCK);
    if (holder && performance.now() > giveUpAt) throw ledgerErrors.AUDIT_LOCK_HELD.ofArchives(describeHolder(holder));
    await delay(TIMING.retirementMs);
  }
  try {
    return await work();
  } finally {
    await session.unlock(ARCHIVES_LOCK).catch(() => undefined); // if this fails, the end of the session releases the lock
  }
}

/** If an archive has a file with this name, an operator has removed the archive. */
const REMOVED = 'removed';

export interface ErasedArchive {
  readonly archive: string;
  /** The number of events whose personal part this erasure removed. */
  readonly events: number;
}

/** The local file of an archive's columns, and the state of the file when it was last compared with the manifest. */
export interface IndexedColumns extends LocalFile {
  readonly manifest: ArchiveManifest;
  readonly state: string;
}

/** Reads and writes the archives of a ledger. A process that writes or erases archives must hold `ARCHIVES_LOCK`. */
export class Archives {
  private readonly checked = new Map<string, string>();

  constructor(
    private readonly store: ArchiveStore,
    /** Signs the manifests, and the acts about archives. */
    readonly signer: StatementSigner,
  ) {}

  /**
   * Reads the manifest of an archive.
   *
   * @throws `AUDIT_ARCHIVE_MISSING`, `AUDIT_ARCHIVE_INVALID`
   */
  async manifest(archive: string): Promise<ArchiveManifest> {
    return readManifest(this.store, archive, this.signer.trust);
  }

  /**
   * Yields the events of an archive, sorted by index. The iteration rejects with the errors of {@link manifest}.
   *
   * @param isWanted receives the text of each line; if it returns `false`, the line is skipped
   */
  async *lines(archive: string, isWanted?: (text: string) => boolean): AsyncIterable<ArchiveLine> {
    yield* readLines(this.store, await this.manifest(archive), isWanted);
  }

  /**
   * Returns the names of the existing archives and the expected archives, sorted.
   *
   * @param expected the archives that must exist. An archive whose file `removed` exists is left out
   */
  async names(expected: readonly string[] = []): Promise<readonly string[]> {
    const paths = new Set(await this.store.list());
    const found = [...paths].filter((path) => path.endsWith(`/${MANIFEST}`)).map((path) => posix.dirname(path));
    const missing = expected.filter((archive) => !paths.has(`${archive}/${REMOVED}`));
    return [...new Set([...found, ...missing])].toSorted();
  }

  /**
   * Checks that a key of the ledger signed the manifest, and that the file of events matches the manifest. @throws the errors of {@link
   * manifest}
   */
  async check(archive: string): Promise<void> {
    await checkFile(this.store, archive, (await this.manifest(archive)).files.events);
  }

  /**
   * Returns the columns of an archive as a local file. Compares the file with the manifest at the first call, and after each change of the
   * file. The caller must call `release`.
   *
   * @throws `AUDIT_ARCHIVE_UNREADABLE` for an archive without columns; and the errors of {@link manifest}
   */
  async columns(archive: string): Promise<IndexedColumns> {
    const manifest = await this.manifest(archive);
    const { columns } = manifest.files;
    if (!columns) throw lifecycleErrors.AUDIT_ARCHIVE_UNREADABLE.withoutColumns(archive);
    const file = await fetchLocalFile(this.store, `${archive}/${columns.name}`);
    try {
      const state = await readFileState(file.path);
      const seen = `${columns.sha256} ${state}`;
      if (this.checked.get(archive) !== seen) await checkFile(this.store, archive, columns);
      this.checked.set(archive, seen);
      return { ...file, manifest, state };
    } catch (error) {
      await file.release();
      throw error;
    }
  }

  /**
   * Whether the file is unchanged since {@link columns} returned it. If so, the signed manifest covers the data that was read from the
   * file.
   */
  async isUnchanged({ path, state }: IndexedColumns): Promise<boolean> {
    return (await readFileState(path)) === state;
  }

  /** Reads the lines at the given positions in an archive, in the order of the positions. @throws the errors of {@link manifest} */
  async linesAt(manifest: ArchiveManifest, addresses: readonly LineAddress[]): Promise<readonly ArchiveLine[]> {
    const members = new Map<number, readonly string[]>();
    const lines: ArchiveLine[] = [];
    for (const address of addresses) {
      const { member, nth } = address;
      const texts = members.get(member) ?? (await readMember(this.store, manifest, address)) ?? [];
      members.set(member, texts);
      const line = parseLine(texts[nth] ?? '');
      if (!line) throw verifyErrors.AUDIT_ARCHIVE_INVALID(manifest.archive, 'its columns do not match its events');
      lines.push(line);
    }
    return lines;
  }

  /** Writes or replaces an archive. The archive is durable when the promise resolves. */
  async write(content: ArchiveContent): Promise<ArchiveManifest> {
    return writeArchive(this.store, content, this.signer);
  }

  async verify(archive: string): Promise<ArchiveVerification> {
    return verifyArchive(this.store, archive, this.signer.trust);
  }

  /** Removes an archive, or the remains of an unfinished archive. */
  async remove(archive: string): Promise<void> {
    const paths = (await this.store.list()).filter((path) => path.startsWith(`${archive}/`));
    // Removes the manifest first, because an archive without a manifest does not exist.
    const [own, others] = [`${archive}/${MANIFEST}`, paths.filter((path) => path !== `${archive}/${MANIFEST}`)];
    for (const path of [own, `${archive}/events.jsonl.gz`, ...others]) await this.store.remove(path);
  }

  /**
   * Erases the personal part and the salt of matching events in every archive. Writes and signs the changed archives durably, and returns
   * these archives. After a crash or a rejection, call this method again: it skips erased events.
   *
   * @param matches called only for events that still have a personal part
   * @param expected the archives that must exist, see {@link names}
   * @throws `AUDIT_ARCHIVE_MISSING`, and `AUDIT_ARCHIVE_INVALID` for a changed archive.
   *   Matching events in earlier archives stay erased
   */
  async erase(
    matches: (line: ArchiveLine) => boolean,
    expected: readonly string[] = [],
  ): Promise<readonly ErasedArchive[]> {
    const erased: ErasedArchive[] = [];
    const isToErase = (line: ArchiveLine): boolean => isPersonalLine(line) && matches(line);
    for (const archive of await this.names(expected)) {
      const manifest = await this.manifest(archive);
      await this.removeOthers(manifest);
      let events = 0;
      for await (const line of readLines(this.store, manifest)) if (isToErase(line)) events += 1;
      if (events === 0) continue;
      await this.rewrite(manifest, isToErase);
      erased.push({ archive, events });
    }
    return erased;
  }

  /**
   * Adds the missing Parquet files to the archives. Returns the names of the changed archives when all files are durable.
   *
   * @throws `AUDIT_PACKAGE_MISSING` without DuckDB; and the errors of {@link manifest}
   */
  async index(): Promise<readonly string[]> {
    await loadDuckDb();
    const indexed: string[] = [];
    for (const archive of await this.names()) {
      const manifest = await this.manifest(archive);
      if (manifest.files.columns) continue;
      await this.rewrite(manifest, () => false);
      indexed.push(archive);
    }
    return indexed;
  }

  private async rewrite(manifest: ArchiveManifest, isToErase: (line: ArchiveLine) => boolean): Promise<void> {
    const { archive, files } = manifest;
    const revision = manifest.revision + 1;
    const written = await writeLines(this.store, archive, revision, this.rewritten(manifest, isToErase));
    const renewed: ArchiveManifest = {
      ...manifest,
      revision,
      erased: written.totals.erased,
      files: { ...written.files, tiles: files.tiles, checkpoint: files.checkpoint },
    };
    await writeManifest(this.store, renewed, this.signer);
    await this.removeOthers(renewed);
  }

  private async *rewritten(
    manifest: ArchiveManifest,
    isToErase: (line: ArchiveLine) => boolean,
  ): AsyncIterable<ArchiveLine> {
    for await (const line of readLines(this.store, manifest)) yield isToErase(line) ? eraseLine(line) : line;
  }

  /** After a crash, an old file of events or the draft of a file may remain. */
  private async removeOthers({ archive, files }: ArchiveManifest): Promise<void> {
    const known = new Set(
      [MANIFEST, ...Object.values(files).map(({ name }) => name)].map((name) => `${archive}/${name}`),
    );
    const paths = await this.store.list();
    for (const path of paths) if (path.startsWith(`${archive}/`) && !known.has(path)) await this.store.remove(path);
  }
}

/** A writer can set back the modification time, but not the time of the inode's change. Ignores a missing file, which a later read reports. */
async function readFileState(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return '';
  }
}

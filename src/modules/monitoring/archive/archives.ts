import { stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LockHeldError } from '../errors/ledger-attention.error.js';
import type { LedgerLock } from '../store/ledger-roles.js';
import type { LedgerSession } from '../store/sessions/ledger-session.js';
import { describeHolder } from '../store/sessions/stranger-at-lock.js';
import { TIMING } from '../store/timing.js';
import type { LinePlace } from './archive-columns.js';
import { eraseLine, isPersonalLine, parseLine, type ArchiveLine } from './archive-line.js';
import type { ArchiveManifest } from './archive-manifest.js';
import type { StatementSigner } from '../log/notes/statement.js';
import type { ArchiveStore } from './archive-store.js';
import { ArchiveInvalidError, ArchiveUnreadableError } from './archive.error.js';
import { loadDuckDb } from './duckdb.js';
import { localFile, type LocalFile } from './columns-file.js';
import { checkFile, readLines, readManifest, readMember } from './read-archive.js';
import { verifyArchive, type ArchiveVerification } from './verify-archive.js';
import { MANIFEST, writeArchive, writeLines, writeManifest, type ArchiveContent } from './write-archive.js';

/**
 * The lock that a process holds while it writes, removes or erases archives. It keeps a process from archiving an event again that was read
 * before a person was erased from it.
 */
export const ARCHIVES_LOCK = { class: 7_362_002, table: 'audit_retirement' } as const satisfies LedgerLock;

/**
 * Does `work` while nobody else holds the lock of the archives.
 *
 * @throws LockHeldError (`AUDIT_LOCK_HELD`) when somebody else has it for longer than a minute
 */
export async function whileArchivesLocked<Result>(
  session: Pick<LedgerSession, 'tryToLock' | 'lockHolder' | 'unlock'>,
  work: () => Promise<Result>,
): Promise<Result> {
  const giveUpAt = performance.now() + TIMING.archivesWaitMs;
  while (!(await session.tryToLock(ARCHIVES_LOCK))) {
    const holder = await session.lockHolder(ARCHIVES_LOCK);
    if (holder && performance.now() > giveUpAt) throw LockHeldError.ofArchives(describeHolder(holder));
    await delay(TIMING.retirementMs);
  }
  try {
    return await work();
  } finally {
    await session.unlock(ARCHIVES_LOCK).catch(() => undefined); // it went with the session
  }
}

/** The file that marks an archive which somebody removed for good. */
const REMOVED = 'removed';

/** What an erasure did to an archive. */
export interface ErasedArchive {
  readonly archive: string;
  /** How many of its events were erased in part now. */
  readonly events: number;
}

/** The columns of an archive on this machine, and the state of their file when it was last checked against the signature. */
export interface SeenColumns extends LocalFile {
  readonly manifest: ArchiveManifest;
  readonly state: string;
}

/** The archives of a ledger. The process that writes or erases holds `ARCHIVES_LOCK`. */
export class Archives {
  private readonly checked = new Map<string, string>();

  constructor(
    private readonly store: ArchiveStore,
    /** Signs the manifests, and the acts that name them. */
    readonly signer: StatementSigner,
  ) {}

  /**
   * Reads the manifest of an archive.
   *
   * @throws ArchiveMissingError (`AUDIT_ARCHIVE_MISSING`), ArchiveInvalidError (`AUDIT_ARCHIVE_INVALID`)
   */
  async manifest(archive: string): Promise<ArchiveManifest> {
    return readManifest(this.store, archive, this.signer.trust);
  }

  /**
   * The events of an archive, in the order of the log. The iteration rejects as {@link manifest} does.
   *
   * @param isWanted gets a line's text, before it is parsed; lines for which it returns `false` are skipped
   */
  async *lines(archive: string, isWanted?: (text: string) => boolean): AsyncIterable<ArchiveLine> {
    yield* readLines(this.store, await this.manifest(archive), isWanted);
  }

  /**
   * The names of the existing and the expected archives, in their order.
   *
   * @param expected the archives that must exist, except those that a file `removed` replaces
   */
  async names(expected: readonly string[] = []): Promise<readonly string[]> {
    const paths = new Set(await this.store.list());
    const found = [...paths].filter((path) => path.endsWith(`/${MANIFEST}`)).map((path) => posix.dirname(path));
    const missing = expected.filter((archive) => !paths.has(`${archive}/${REMOVED}`));
    return [...new Set([...found, ...missing])].toSorted();
  }

  /** Checks that an archive can be read, and that its manifest is signed. @throws as {@link manifest} */
  async check(archive: string): Promise<void> {
    await checkFile(this.store, archive, (await this.manifest(archive)).files.events);
  }

  /**
   * Returns the columns of an archive on this machine, and checks that their file is the signed one; it checks again whenever the file was
   * replaced or touched. `state` changes with every write to the file: see {@link isAsSeen}. The caller releases it.
   *
   * @throws ArchiveUnreadableError (`AUDIT_ARCHIVE_UNREADABLE`) for an archive without columns; and as {@link manifest}
   */
  async columns(archive: string): Promise<SeenColumns> {
    const manifest = await this.manifest(archive);
    const { columns } = manifest.files;
    if (!columns) throw ArchiveUnreadableError.withoutColumns(archive);
    const file = await localFile(this.store, `${archive}/${columns.name}`);
    try {
      const state = await stateOf(file.path);
      const seen = `${columns.sha256} ${state}`;
      if (this.checked.get(archive) !== seen) await checkFile(this.store, archive, columns);
      this.checked.set(archive, seen);
      return { ...file, manifest, state };
    } catch (error) {
      await file.release();
      throw error;
    }
  }

  /** Whether nobody touched the file since {@link columns} returned it: then the data read from it is the signed data. */
  async isAsSeen({ path, state }: SeenColumns): Promise<boolean> {
    return (await stateOf(path)) === state;
  }

  /** The lines at the given places of an archive, in their order. @throws as {@link manifest} */
  async linesAt(manifest: ArchiveManifest, places: readonly LinePlace[]): Promise<readonly ArchiveLine[]> {
    const members = new Map<number, readonly string[]>();
    const lines: ArchiveLine[] = [];
    for (const place of places) {
      const { member, nth } = place;
      const texts = members.get(member) ?? (await readMember(this.store, manifest, place)) ?? [];
      members.set(member, texts);
      const line = parseLine(texts[nth] ?? '');
      if (!line) throw new ArchiveInvalidError(manifest.archive, 'its events are not those that its columns are of');
      lines.push(line);
    }
    return lines;
  }

  /** Writes an archive, or writes it again; on disk when it resolves. */
  async write(content: ArchiveContent): Promise<ArchiveManifest> {
    return writeArchive(this.store, content, this.signer);
  }

  /** Reads an archive back, and proves each of its events. */
  async verify(archive: string): Promise<ArchiveVerification> {
    return verifyArchive(this.store, archive, this.signer.trust);
  }

  /** Removes an archive for good, and the rest of an unfinished one. */
  async remove(archive: string): Promise<void> {
    const paths = (await this.store.list()).filter((path) => path.startsWith(`${archive}/`));
    // Removes the manifest first: without it, the archive does not exist.
    const [own, others] = [`${archive}/${MANIFEST}`, paths.filter((path) => path !== `${archive}/${MANIFEST}`)];
    for (const path of [own, `${archive}/events.jsonl.gz`, ...others]) await this.store.remove(path);
  }

  /**
   * Erases the personal part and the salt of the events that `matches` picks, in every archive: it rewrites these archives, and signs them
   * again. The result is on disk when it resolves, with the archives that had such events. After a crash or a rejection, call it again: it
   * skips the events that are erased already.
   *
   * @param matches called for events that still have a personal part
   * @param expected archives that there must be, as of {@link names}
   * @throws ArchiveMissingError (`AUDIT_ARCHIVE_MISSING`), and ArchiveInvalidError (`AUDIT_ARCHIVE_INVALID`) for an archive that
   *   was changed: those before it are done
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
   * Writes the columns of the archives that lack them. They are on disk when it resolves, with the names of these archives.
   *
   * @throws PackageMissingError (`AUDIT_PACKAGE_MISSING`) without DuckDB; and as {@link manifest}
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

  /** Removes the old events, which stay behind after a crash that follows the new manifest. */
  private async removeOthers({ archive, files }: ArchiveManifest): Promise<void> {
    const known = new Set(
      [MANIFEST, ...Object.values(files).map(({ name }) => name)].map((name) => `${archive}/${name}`),
    );
    const paths = await this.store.list();
    for (const path of paths) if (path.startsWith(`${archive}/`) && !known.has(path)) await this.store.remove(path);
  }
}

/**
 * Distinguishes a file from another of the same name, and from its earlier content. A writer can set back the modification time, but not
 * the time at which the inode changed. The reader reports a missing file.
 */
async function stateOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch {
    return '';
  }
}

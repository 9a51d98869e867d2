import { getErrorMessage, hasCode } from '../../../base/errors/error-facts.js';
import type { TreeHead } from '../../proof/log/merkle/verify-consistency.js';
import { HASH_BYTES } from '../../proof/log/merkle/hashes.js';
import { verifyCheckpoint, type CheckpointTrust } from '../../proof/log/notes/checkpoint.js';
import { TILE_WIDTH } from '../../proof/log/tiles/tile-address.js';
import { checkLine, parseLine, type ArchiveLine } from './archive-line.js';
import { type ArchivedFile, type ArchiveManifest, readPart, LineTally, type LineTotals } from './archive-manifest.js';
import type { ArchiveStore } from './archive-store.js';
import { decompressLines, FileDigest } from './archive-streams.js';
import { ArchivedTiles } from './archive-tiles.js';
import { loadOptionalDuckDb, fetchLocalFile, readColumns } from './columns-file.js';
import { digestFile, readManifest, readMember, readText } from './read-archive.js';
import { canonicalJson } from '../../../base/json/canonical-json.js';
import { toColumnsRow, type ColumnsRow, type LineAddress } from './archive-columns.js';

export interface ArchiveVerification {
  /** `sound` if every event is in the signed tree, every file matches the signed manifest, and the columns match the events. */
  readonly verdict: 'sound' | 'tampered';
  readonly archive: string;
  /** Absent if no known key signed the manifest. */
  readonly manifest?: ArchiveManifest;
  readonly proven: number;
  /** The number of events whose personal part was erased. */
  readonly erased: number;
  /**
   * How the columns were compared: `all` means row by row. `file` means that only the digest of the file was compared, because DuckDB is not
   * installed. Absent for an archive without columns.
   */
  readonly columns?: 'all' | 'file';
  /** The problems as sentences, at most 1,000. */
  readonly findings: readonly string[];
}

const MAX_FINDINGS = 1_000;

/**
 * Verifies an archive offline. Compares events with leaves, leaves with the signed root, files with the signed manifest, and columns with
 * events. The needed memory does not depend on the size of the archive. Rejects if the files cannot be read.
 *
 * @param archive the archive's name in the store, which may differ from the name in the manifest
 * @param onLine receives each line before the line is proven, and must resolve before the verification continues
 * @param onProgress called with the number of checked lines, and the number of all events
 */
export async function verifyArchive(
  store: ArchiveStore,
  archive: string,
  trust: CheckpointTrust,
  onLine?: (line: ArchiveLine) => Promise<void> | void,
  onProgress?: (checked: number, events: number) => void,
): Promise<ArchiveVerification> {
  const check = new ArchiveCheck(store, archive, trust, onLine, onProgress);
  try {
    await check.run();
  } catch (error) {
    if (!hasCode(error, 'AUDIT_ARCHIVE_INVALID', 'AUDIT_ARCHIVE_MISSING')) throw error;
    check.note(getErrorMessage(error));
  }
  const { manifest, proven, tally, columns, findings } = check;
  const signed = { ...(manifest && { manifest }), ...(columns && { columns }) };
  return {
    verdict: findings.length === 0 ? 'sound' : 'tampered',
    archive,
    ...signed,
    proven,
    erased: tally.erased,
    findings,
  };
}

class ArchiveCheck {
  manifest: ArchiveManifest | undefined;
  proven = 0;
  readonly tally = new LineTally();
  columns: ArchiveVerification['columns'];
  readonly findings: string[] = [];
  private isComplete = false;

  constructor(
    private readonly store: ArchiveStore,
    private readonly archive: string,
    private readonly trust: CheckpointTrust,
    private readonly onLine?: (line: ArchiveLine) => Promise<void> | void,
    private readonly onProgress?: (checked: number, events: number) => void,
  ) {}

  note(finding: string): void {
    if (this.findings.length < MAX_FINDINGS) this.findings.push(finding);
  }

  async run(): Promise<void> {
    const { manifest, head } = await this.readSigned();
    const { columns } = manifest.files;
    if (!columns) return this.checkFiles(manifest, head);
    this.compare(columns, await digestFile(this.store, this.archive, columns));
    const duckDb = await loadOptionalDuckDb();
    this.columns = duckDb ? 'all' : 'file';
    if (!duckDb) return this.checkFiles(manifest, head);
    const { path, release } = await fetchLocalFile(this.store, `${this.archive}/${columns.name}`);
    try {
      const rows = readColumns(duckDb, path)[Symbol.asyncIterator]();
      const check = new ColumnsCheck(rows, (address) =>
        readMember(this.store, { ...manifest, archive: this.archive }, address),
      );
      await this.checkFiles(manifest, head, (line, text) => check.add(line, text));
      await check.finish();
      for (const finding of check.findings) this.note(finding);
      const { misplaced } = check;
      if (this.isComplete && misplaced) {
        this.note(
          `The columns state a wrong position for ${misplaced.count} lines, the first at index ${misplaced.first}.`,
        );
      }
    } finally {
      await release();
    }
  }

  private async checkFiles(
    manifest: ArchiveManifest,
    head: TreeHead,
    onText?: (line: ArchiveLine, text: string) => Promise<void>,
  ): Promise<void> {
    const digests = { events: new FileDigest(), tiles: new FileDigest() };
    const lines = (file: 'events' | 'tiles'): AsyncIterable<string> =>
      decompressLines(digests[file].of(this.store.read(`${this.archive}/${manifest.files[file].name}`)));
    const tiles = new ArchivedTiles(lines('tiles')[Symbol.asyncIterator](), head);
    const isRead = await this.readFullLine(manifest.files.events, () =>
      this.checkLines(lines('events'), tiles, onText),
    );
    await this.readFullLine(manifest.files.tiles, () => tiles.drain());
    if (!isRead) return;
    this.isComplete = this.compare(manifest.files.events, digests.events);
    this.compare(manifest.files.tiles, digests.tiles);
    const { erased, ...totals } = this.tally.totals();
    if (Object.entries(totals).some(([name, value]) => manifest[name as keyof LineTotals] !== value)) {
      this.note(`It has ${totals.events} events, which are not the ${manifest.events} events of its manifest.`);
    }
    if (erased !== manifest.erased) {
      this.note(`It has ${erased} erased events, but its manifest states ${manifest.erased}.`);
    }
  }

  private async readSigned(): Promise<{ readonly manifest: ArchiveManifest; readonly head: TreeHead }> {
    const manifest = await readManifest(this.store, this.archive, this.trust);
    this.manifest = manifest;
    const note = await readText(this.store, this.archive, manifest.files.checkpoint.name);
    const head = readPart(this.archive, 'checkpoint', () => verifyCheckpoint(note, this.trust).checkpoint);
    return { manifest, head };
  }

  private async checkLines(
    texts: AsyncIterable<string>,
    tiles: ArchivedTiles,
    onText?: (line: ArchiveLine, text: string) => Promise<void>,
  ): Promise<true> {
    let [last, nth, checked] = [-1, -1, 0];
    let tile: Uint8Array | undefined;
    for await (const text of texts) {
      const line = parseLine(text);
      if (!line || line.index <= last) {
        this.note(`After index ${last}, a line is not an event, or has a lower index.`);
        if (this.findings.length === MAX_FINDINGS) break;
        continue;
      }
      last = line.index;
      this.tally.add(line);
      await this.onLine?.(line);
      await onText?.(line, text);
      if (Math.floor(last / TILE_WIDTH) !== nth) {
        nth = Math.floor(last / TILE_WIDTH);
        tile = await tiles.provenTile(nth);
        if (!tile) this.note(`Tile ${nth} of level 0 is missing, or does not lead to the signed root.`);
      }
      const at = (last % TILE_WIDTH) * HASH_BYTES;
      const wrong = tile && checkLine(line, tile.subarray(at, at + HASH_BYTES));
      if (wrong !== undefined) this.note(`The event at index ${last}: ${wrong}.`);
      else if (tile) this.proven += 1;
      this.onProgress?.((checked += 1), this.manifest?.events ?? checked);
    }
    return true;
  }

  private async readFullLine<Result>({ name }: ArchivedFile, read: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await read();
    } catch (error) {
      if (hasCode(error, 'AUDIT_ARCHIVE_MISSING')) throw error;
      this.note(`The file ${name} cannot be read: ${getErrorMessage(error)}.`);
      return undefined;
    }
  }

  private compare(signed: ArchivedFile, digest: FileDigest): boolean {
    const isSigned = digest.file(signed.name).sha256 === signed.sha256;
    if (!isSigned) this.note(`The file ${signed.name} does not match the manifest.`);
    return isSigned;
  }
}

/** Compares the rows of an archive's Parquet file with the archive's lines. The caller must add the lines in the order of the archive. */
class ColumnsCheck {
  /** Sentences about rows that differ from their lines, and about missing or extra rows; at most 1,000. */
  readonly findings: string[] = [];
  /** The number of lines for which the columns state a wrong position, and the index of the first such line. */
  misplaced: { readonly count: number; readonly first: number } | undefined;
  private row: ColumnsRow | undefined;
  private isBroken = false;
  private member: { readonly key: string; readonly lines: readonly string[] } | undefined;

  /** @param readMember resolves with `undefined` if the gzip member does not match the digest in the columns */
  constructor(
    private readonly rows: AsyncIterator<ColumnsRow>,
    private readonly readMember: (address: Omit<LineAddress, 'nth'>) => Promise<readonly string[] | undefined>,
  ) {}

  /** Compares the next line with its row. @param text the line as it is stored */
  async add(line: ArchiveLine, text: string): Promise<void> {
    await this.skipTo(line.index);
    if (this.isBroken) return;
    const { member, size, digest, nth, ...own } = this.row ?? {};
    if (own.index !== line.index) {
      this.note(`The columns have no row for the event at index ${line.index}.`);
      return;
    }
    this.row = undefined;
    if (toComparableText(own) !== toComparableText(toColumnsRow(line))) {
      this.note(`The columns of the event at index ${line.index} differ from its line.`);
    }
    const address = { member, size, digest, nth } as LineAddress; // readLines() finds no lines at an invalid position
    if ((await this.readLines(address))?.[address.nth] !== text) {
      this.misplaced = { count: (this.misplaced?.count ?? 0) + 1, first: this.misplaced?.first ?? line.index };
    }
  }

  async finish(): Promise<void> {
    await this.skipTo(Infinity);
    await this.rows.return?.();
  }

  private note(finding: string): void {
    if (this.findings.length < MAX_FINDINGS) this.findings.push(finding);
  }

  private async skipTo(index: number): Promise<void> {
    for (;;) {
      this.row ??= await this.next();
      if (!this.row || Number(this.row.index) >= index) return;
      this.note(`The columns have an extra row with the index ${String(this.row.index)}.`);
      this.row = undefined;
    }
  }

  private async next(): Promise<ColumnsRow | undefined> {
    if (this.isBroken) return undefined;
    try {
      const { value, done = false } = (await this.rows.next()) as IteratorResult<ColumnsRow, undefined>; // the result of a generator
      return done ? undefined : value;
    } catch (error) {
      this.isBroken = true;
      this.note(`The columns cannot be read: ${getErrorMessage(error)}.`);
      return undefined;
    }
  }

  private async readLines({ member, size, digest }: LineAddress): Promise<readonly string[] | undefined> {
    const key = `${member} ${size} ${digest}`;
    if (this.member?.key !== key) {
      const lines = await this.readMember({ member, size, digest }).catch(() => undefined);
      this.member = { key, lines: lines ?? [] };
    }
    return this.member.lines;
  }
}

function toComparableText(row: ColumnsRow): string {
  return canonicalJson(row);
}

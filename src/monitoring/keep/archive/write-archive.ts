import { once as waitForEvent } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip, type Gzip } from 'node:zlib';
import { verifyCheckpoint } from '../../proof/log/notes/checkpoint.js';
import type { StatementSigner } from '../../proof/log/notes/statement.js';
import { TILE_WIDTH } from '../../proof/log/tiles/tile-address.js';
import type { TileReader } from '../../proof/log/tiles/tile-reader.js';
import { ARCHIVE_COLUMNS, toColumnsRow, type ColumnsRow } from './archive-columns.js';
import type { ArchiveLine } from './archive-line.js';
import {
  formatManifest,
  MANIFEST,
  type ArchivedFile,
  type ArchiveManifest,
  LineTally,
  type LineTotals,
} from './archive-manifest.js';
import type { ArchiveStore } from './archive-store.js';
import { compressLines, FileDigest, type Member } from './archive-streams.js';
import { generateTileLines } from './archive-tiles.js';
import { COLUMNS, loadOptionalDuckDb, LIMITS } from './columns-file.js';
import { queryFiles, quote, type DuckDb } from './duckdb.js';

export interface ArchiveContent extends Pick<ArchiveManifest, 'archive' | 'retirementId' | 'policy' | 'cutoff'> {
  /** The signed note of a checkpoint that covers all lines. */
  readonly checkpoint: string;
  /** At least one line, sorted by index. */
  readonly lines: AsyncIterable<ArchiveLine>;
  readonly readTile: TileReader;
}

interface WrittenLines {
  /** The file of events and, if DuckDB is installed, the Parquet file of columns. */
  readonly files: Pick<ArchiveManifest['files'], 'events' | 'columns'>;
  readonly totals: LineTotals;
  /** The numbers of the tiles of level 0, in ascending order. */
  readonly tiles: ReadonlySet<number>;
}

/**
 * Writes or replaces an archive. The archive is durable when the promise resolves. The manifest is written last. Rejects with the errors of
 * the store, the lines and the tiles.
 */
export async function writeArchive(
  store: ArchiveStore,
  { archive, retirementId, policy, cutoff, checkpoint, lines, readTile }: ArchiveContent,
  signer: StatementSigner,
): Promise<ArchiveManifest> {
  const { checkpoint: head } = verifyCheckpoint(checkpoint, signer.trust);
  const events = await writeLines(store, archive, 0, lines);
  const tiles = await writeFile(
    store,
    archive,
    'tiles.jsonl.gz',
    compressLines(generateTileLines(events.tiles, head.size, readTile)),
  );
  const note = await writeFile(store, archive, 'checkpoint', once(checkpoint));
  const manifest: ArchiveManifest = {
    archive,
    origin: signer.trust.origin,
    retirementId,
    policy,
    cutoff,
    archivedAt: new Date().toISOString(),
    ...events.totals,
    revision: 0,
    files: { ...events.files, tiles, checkpoint: note },
  };
  await writeManifest(store, manifest, signer);
  return manifest;
}

/** Writes or replaces the manifest of an archive durably. */
export async function writeManifest(
  store: ArchiveStore,
  manifest: ArchiveManifest,
  { signText }: Pick<StatementSigner, 'signText'>,
): Promise<void> {
  await store.write(`${manifest.archive}/${MANIFEST}`, once(await signText(formatManifest(manifest))));
}

/** Writes the file of events durably. Also writes the columns as a Parquet file if DuckDB is installed. */
export async function writeLines(
  store: ArchiveStore,
  archive: string,
  revision: number,
  lines: AsyncIterable<ArchiveLine>,
): Promise<WrittenLines> {
  const tally = new LineTally();
  const tiles = new Set<number>();
  const draft = await ColumnsDraft.begin();
  const rows: ColumnsRow[] = [];
  const texts = async function* (): AsyncIterable<string> {
    for await (const line of lines) {
      tally.add(line);
      tiles.add(Math.floor(line.index / TILE_WIDTH));
      if (draft) rows.push(toColumnsRow(line));
      yield JSON.stringify(line);
    }
  };
  const addRows = async ({ lines: count, ...address }: Member): Promise<void> =>
    draft?.add(rows.splice(0, count).map((row, nth) => ({ ...row, ...address, nth })));
  const part = revision === 0 ? '' : `-${revision}`;
  try {
    const events = await writeFile(store, archive, `events${part}.jsonl.gz`, compressLines(texts(), addRows));
    const columns = draft && (await writeFile(store, archive, `columns${part}.parquet`, await draft.finish()));
    return { files: { events, ...(columns && { columns }) }, totals: tally.totals(), tiles };
  } finally {
    await draft?.discard();
  }
}

async function writeFile(
  store: ArchiveStore,
  archive: string,
  name: string,
  content: AsyncIterable<Uint8Array>,
): Promise<ArchivedFile> {
  const digest = new FileDigest();
  await store.write(`${archive}/${name}`, digest.of(content));
  return digest.file(name);
}

async function* once(text: string): AsyncIterable<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}

const ROWS = 'rows.json.gz';

/** Half of the size of DuckDB's default row group, so that writing a file needs half of the memory. */
const ROWS_PER_GROUP = 61_440;

/** Writes a Parquet file of columns in a temporary folder that only the user of the process can read. */
class ColumnsDraft {
  private constructor(
    private readonly duckDb: DuckDb,
    private readonly folder: string,
    private readonly rows: Gzip,
    private readonly written: Promise<void>,
  ) {}

  /**
   * Begins a draft. Resolves with `undefined` if DuckDB is not installed. The caller must call {@link discard} at the end, even after a
   * failure.
   */
  static async begin(): Promise<ColumnsDraft | undefined> {
    const duckDb = await loadOptionalDuckDb();
    if (!duckDb) return undefined;
    const folder = await mkdtemp(join(tmpdir(), 'audit-columns-'));
    const rows = createGzip({ level: 1 });
    const written = pipeline(rows, createWriteStream(join(folder, ROWS), { mode: 0o600 }));
    written.catch(() => undefined); // add() and finish() report the error
    return new ColumnsDraft(duckDb, folder, rows, written);
  }

  async add(rows: readonly ColumnsRow[]): Promise<void> {
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    if (!this.rows.write(text)) await Promise.race([waitForEvent(this.rows, 'drain'), this.written]);
  }

  /** Writes the Parquet file and returns its bytes. Call this method after the last row. */
  async finish(): Promise<AsyncIterable<Uint8Array>> {
    this.rows.end();
    await this.written;
    const [rows, parquet] = [join(this.folder, ROWS), join(this.folder, COLUMNS)];
    const columns = Object.entries(ARCHIVE_COLUMNS).map(([name, type]) => `${name}: ${quote(type)}`);
    const source = `read_json(${quote(rows)}, format = 'newline_delimited', columns = {${columns.join(', ')}})`;
    const sql = `COPY (SELECT * FROM ${source}) TO ${quote(parquet)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROWS_PER_GROUP})`;
    const written = queryFiles(this.duckDb, { files: [rows, parquet], sql, values: [], limits: LIMITS });
    while ((await written.next()).done !== true);
    return createReadStream(parquet) as AsyncIterable<Buffer>; // a stream without an encoding yields buffers
  }

  async discard(): Promise<void> {
    this.rows.destroy();
    await this.written.catch(() => undefined);
    await rm(this.folder, { recursive: true, force: true });
  }
}

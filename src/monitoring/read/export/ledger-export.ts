import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { createHash, type Hash } from 'node:crypto';
import type { Catalogue } from '../../../audit/nest-free.js';
import { toSessionSettings, type LedgerAccess } from '../access/ledger-access.js';
import { createTileReader } from '../../store/log-reading/find-tiles.js';
import { createFirstIdAt } from '../../store/id-time.js';
import {
  getComplianceTags,
  addTags,
  toLedgerEvent,
  type LedgerEvent,
  buildPersonalProof,
} from '../query/ledger-event.js';
import { buildConditions } from '../query/filter-sql.js';
import type { EventFilters } from '../query/event-query.dto.js';
import { resolveOptionalRange } from '../query/time-range.js';
import { SqlValues } from '../query/sql-values.js';
import { FILE_KINDS, type ExportFormat } from './export-format.js';
import { createExporterRole } from '../../store/ledger-roles.js';
import { LedgerSession, type LedgerQueries } from '../../store/sessions/ledger-session.js';
import { type LedgerRow, LEDGER_COLUMNS } from '../../store/ledger-row.js';
import { parseCheckpoint } from '../../proof/log/notes/checkpoint.js';
import { parseNote } from '../../proof/log/notes/signed-note.js';
import { readErrors } from '../../errors/read.errors.js';
import { encodeBase64 } from '../../proof/log/notes/encoding.js';
import { proveInclusion } from '../../proof/log/tiles/prove-inclusion.js';
import { cacheTiles, type TileReader } from '../../proof/log/tiles/tile-reader.js';
import type { PersonalProof } from '../../proof/sealing/shown-leaf.js';

export type ExportFilters = EventFilters;

export interface ExportRequest {
  readonly access: LedgerAccess;
  readonly filters: ExportFilters;
  readonly format: ExportFormat;
  readonly isCompressed: boolean;
  /** Whether each event in the file has a proof of its inclusion in the checkpoint. Only JSON Lines supports proofs. */
  readonly withProofs?: boolean;
  /** Whether the file begins with a byte order mark, so that Excel reads the file as UTF-8. Only CSV supports the mark. */
  readonly withByteOrderMark?: boolean;
  /** The tree size of a previous export, to repeat that export. Default: the size of the newest checkpoint. */
  readonly treeSize?: number | undefined;
}

export interface ExportedLedger {
  readonly connectionUrl: string;
  readonly origin: string;
  /** Resolves names in the filters, and provides compliance tags. */
  readonly catalogue: Catalogue;
}

/** With these bytes, Excel reads the file as UTF-8. */
const BYTE_ORDER_MARK = '\uFEFF';

/** Runs an export in one transaction. The transaction reads the ledger as it was when the transaction began. */
export class LedgerExport {
  private constructor(
    private readonly session: LedgerSession,
    private readonly ledger: ExportedLedger,
    private readonly request: ExportRequest,
    readonly checkpoint: ExportCheckpoint,
    readonly tally: ExportTally,
  ) {}

  /**
   * Opens a connection, and finds the checkpoint of the export. Rejects with the error of the PostgreSQL client.
   *
   * @param tally the tally of a resumed export, which already includes the bytes in the file
   * @throws `AUDIT_REQUEST_INVALID` if no checkpoint has the size `treeSize`, the ledger has another origin, or the
   *   format does not support the request
   */
  static async begin(ledger: ExportedLedger, request: ExportRequest, tally = new ExportTally()): Promise<LedgerExport> {
    const { format, withProofs = false, withByteOrderMark = false } = request;
    if (withProofs && format !== 'jsonl') throw readErrors.AUDIT_REQUEST_INVALID.noProofs(format);
    if (withByteOrderMark && format !== 'csv') throw readErrors.AUDIT_REQUEST_INVALID.noByteOrderMark(format);
    const session = await LedgerSession.open(
      ledger.connectionUrl,
      createExporterRole(toSessionSettings(request.access)),
    );
    try {
      const checkpoint = await findExportCheckpoint(session, request.treeSize);
      const signed =
        checkpoint.checkpoint === undefined ? undefined : parseCheckpoint(parseNote(checkpoint.checkpoint).text).origin;
      if (signed !== undefined && signed !== ledger.origin)
        throw readErrors.AUDIT_REQUEST_INVALID.otherOrigin(signed, ledger.origin);
      return new LedgerExport(session, ledger, request, checkpoint, tally);
    } catch (error) {
      session.drop();
      throw error;
    }
  }

  /** Yields the file in blocks. Call this method once, before {@link close}. Rejects with the error of the PostgreSQL client. */
  async *blocks(): AsyncGenerator<Buffer, void, undefined> {
    const { session, ledger, request, checkpoint, tally } = this;
    const { format, access, filters, isCompressed, withProofs = false, withByteOrderMark = false } = request;
    const values = new SqlValues();
    const conditions = buildConditions(filters, { access, values, meaning: ledger.catalogue });
    const range = resolveOptionalRange(filters);
    const [from, to] = [range.from, range.to].map((time) => time && createFirstIdAt(time));
    const after = tally.progress.lastId;
    const rows = exportedRows(session, { conditions, values, treeSize: checkpoint.size, after, from, to });
    const tags = getComplianceTags(ledger.catalogue);
    const toEvent = (row: LedgerRow): LedgerEvent => addTags(toLedgerEvent(access, row), tags);
    const kind = FILE_KINDS[format];
    const formatLine = withProofs
      ? provenLines(
          toEvent,
          access,
          checkpoint.size,
          createTileReader((text, list) => session.rows(text, list)),
        )
      : (row: LedgerRow) => kind.formatLine(toEvent(row), ledger.origin);
    const header = `${withByteOrderMark ? BYTE_ORDER_MARK : ''}${kind.header}`;
    yield* readBlocks({ rows, header, formatLine, isCompressed, tally });
  }

  /** Ends the connection, even during a statement. */
  close(): void {
    this.session.drop();
  }
}

/** Limits an export to events whose index is lower than the mark, so that the checkpoint proves each event. */
export interface ExportCheckpoint {
  /** The tree size of the checkpoint; 0 if nothing is sealed. */
  readonly size: number;
  /** The signed note; absent if nothing is sealed. */
  readonly checkpoint?: string;
}

interface ExportedPart {
  readonly conditions: readonly string[];
  readonly values: SqlValues;
  readonly treeSize: number;
  readonly after?: string | undefined;
  /**
   * The range of ids for the time range of the filters; `to` is excluded. Without this range, PostgreSQL would read all leaves, because the
   * filters concern only the events.
   */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

const SELECT_CHECKPOINT = `SELECT size, note FROM audit_checkpoint WHERE $1::bigint IS NULL OR size = $1 ORDER BY size DESC LIMIT 1`;

/**
 * Finds the newest checkpoint or, if `size` is given, the checkpoint of that size.
 *
 * @throws `AUDIT_REQUEST_INVALID` if no checkpoint has this size
 */
async function findExportCheckpoint(session: LedgerQueries, size?: number): Promise<ExportCheckpoint> {
  const [newest] = await session.rows(SELECT_CHECKPOINT, [size ?? null]);
  if (newest) return { size: Number(newest.size), checkpoint: String(newest.note) };
  if (size !== undefined && size !== 0) throw readErrors.AUDIT_REQUEST_INVALID.unknownMark(size);
  return { size: 0 };
}

const FETCH = 'FETCH 200 FROM exported';

/**
 * Yields lists of rows: events with their `index`, sorted by id. PostgreSQL prepares the next list while the caller uses the current list.
 */
async function* exportedRows(
  session: LedgerQueries,
  { conditions, values, treeSize, after, from, to }: ExportedPart,
): AsyncGenerator<readonly LedgerRow[], void, undefined> {
  const ends = Object.entries({ '>': after, '>=': from, '<': to });
  const range = ends.flatMap(([is, id]) => (id === undefined ? [] : `event_id ${is} ${values.bind(id)}::uuid`));
  const where = [...conditions, ...(after === undefined ? [] : [`id > ${values.bind(after)}::uuid`])];
  const text = `
    DECLARE exported NO SCROLL CURSOR FOR
      SELECT ${LEDGER_COLUMNS}, index FROM audit_event
        JOIN (SELECT index, event_id FROM audit_leaf
               WHERE ${[`index < ${values.bind(treeSize)}::bigint`, ...range].join(' AND ')}) place ON event_id = id
       WHERE ${['true', ...where].join(' AND ')} ORDER BY id`;
  await session.rows(text, values.list);
  let next = session.rows(FETCH);
  for (let rows = await next; rows.length > 0; rows = await next) {
    next = session.rows(FETCH);
    next.catch(() => undefined); // the next `await` reports the error
    yield rows;
  }
}

/** The length is in characters. In a compressed file, each block is one gzip member. */
const BLOCK_LENGTH = 256 * 1024;

const compress = promisify(gzip);

interface BlockSource {
  readonly rows: AsyncIterable<readonly LedgerRow[]>;
  readonly header: string;
  readonly formatLine: (row: LedgerRow) => string | Promise<string>;
  readonly isCompressed: boolean;
  readonly tally: ExportTally;
}

/**
 * Yields the bytes of an export's file, in blocks of whole lines. The tally always counts exactly the blocks that were yielded. The events
 * alone determine the blocks, so that a repeated export has the same bytes.
 */
async function* readBlocks(source: BlockSource): AsyncGenerator<Buffer, void, undefined> {
  const { rows, header, formatLine, tally } = source;
  let block = tally.progress.bytes === 0 ? header : '';
  for await (const list of rows) {
    for (const row of list) {
      block += await formatLine(row);
      tally.addEvent(Number(row.index), String(row.id));
      if (block.length < BLOCK_LENGTH) continue;
      yield await finishBlock(block, source);
      block = '';
    }
  }
  // An empty export still gets one empty gzip member, so that the file is valid.
  if (block !== '' || tally.progress.fileBytes === 0) yield await finishBlock(block, source);
}

async function finishBlock(block: string, { isCompressed, tally }: BlockSource): Promise<Buffer> {
  const content = Buffer.from(block);
  tally.addBytes(content);
  if (!isCompressed) return content;
  const member = await compress(content);
  tally.addFileBytes(member);
  return member;
}

/**
 * The progress of an export. `bytes` counts the bytes before compression, and `fileBytes` the bytes of the file. Without compression, the two
 * numbers are equal.
 */
export interface ExportProgress {
  readonly count: number;
  /** The lowest and the highest index of the exported events; absent without events. */
  readonly firstIndex?: number;
  readonly lastIndex?: number;
  readonly lastId?: string;
  readonly bytes: number;
  readonly fileBytes: number;
}

/** The totals of a finished export. All hashes are SHA-256 in hexadecimal. */
export interface ExportTotals extends ExportProgress {
  readonly sha256: string;
  readonly fileSha256: string;
}

export class ExportTally {
  private readonly content = createHash('sha256');
  private bytes = 0;
  private file: { readonly hash: Hash; bytes: number } | undefined;
  private count: number;
  private firstIndex: number | undefined;
  private lastIndex: number | undefined;
  private lastId: string | undefined;

  /**
   * @param progress the progress of an interrupted export. The caller must first add the bytes of that progress with {@link addBytes} and
   *   {@link addFileBytes}
   */
  constructor(progress?: ExportProgress) {
    this.count = progress?.count ?? 0;
    this.firstIndex = progress?.firstIndex;
    this.lastIndex = progress?.lastIndex;
    this.lastId = progress?.lastId;
  }

  get progress(): ExportProgress {
    const { count, firstIndex, lastIndex, lastId, bytes, file } = this;
    const ends = firstIndex === undefined || lastIndex === undefined ? {} : { firstIndex, lastIndex };
    return { count, ...ends, ...(lastId === undefined ? {} : { lastId }), bytes, fileBytes: file?.bytes ?? bytes };
  }

  /** Counts an event of the block whose bytes are added next. */
  addEvent(index: number, id: string): void {
    this.count += 1;
    this.firstIndex = Math.min(this.firstIndex ?? index, index);
    this.lastIndex = Math.max(this.lastIndex ?? index, index);
    this.lastId = id;
  }

  addBytes(content: Uint8Array): void {
    this.content.update(content);
    this.bytes += content.length;
  }

  /** Counts bytes of a compressed file, while {@link addBytes} counts the uncompressed bytes. */
  addFileBytes(written: Uint8Array): void {
    this.file ??= { hash: createHash('sha256'), bytes: 0 };
    this.file.hash.update(written);
    this.file.bytes += written.length;
  }

  totals(): ExportTotals {
    const sha256 = this.content.copy().digest('hex');
    return { ...this.progress, sha256, fileSha256: this.file?.hash.copy().digest('hex') ?? sha256 };
  }
}

/** The member `proof` of an exported event. The proof shows that the event is at its index in the tree of the export's checkpoint. */
export interface LineProof extends PersonalProof {
  /** The hashes in base64, from the leaf's sibling up to the root's child. */
  readonly hashes: readonly string[];
}

/**
 * Returns a function that writes an event with its {@link LineProof} as a line of JSON.
 *
 * @param size the size of the tree
 */
function provenLines(
  toEvent: (row: LedgerRow) => LedgerEvent,
  access: LedgerAccess,
  size: number,
  readTile: TileReader,
): (row: LedgerRow) => Promise<string> {
  const kept = cacheTiles(readTile);
  return async (row) => {
    const hashes = await proveInclusion(Number(row.index), size, kept);
    const proof: LineProof = { ...buildPersonalProof(row, access), hashes: hashes.map(encodeBase64) };
    return `${JSON.stringify({ ...toEvent(row), proof })}\n`;
  };
}

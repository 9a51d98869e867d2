import type { Catalogue } from '../../../audit/nest-free.js';
import { settingsOf, type LedgerAccess } from '../access/ledger-access.js';
import { tileReaderBy } from '../../store/log-reading/find-tiles.js';
import { firstIdAt } from '../../store/id-time.js';
import { complianceTagsOf, withTags, eventFor, type LedgerEvent } from '../query/ledger-event.js';
import { conditionsOf } from '../query/filter-sql.js';
import type { EventFilters } from '../query/event-filters.dto.js';
import { timeOf } from '../query/query-times.js';
import { SqlValues } from '../query/sql-values.js';
import { blocksOf } from './export-blocks.js';
import { FILE_KINDS, type ExportFormat } from './export-format.js';
import { exportedRows, findMark, type ExportMark } from './exported-rows.js';
import { exporterFor } from '../../store/ledger-roles.js';
import { LedgerSession } from '../../store/sessions/ledger-session.js';
import type { LedgerRow } from '../../store/ledger-row.js';
import { ExportTally } from './export-tally.js';
import { parseCheckpoint } from '../../proof/log/notes/checkpoint.js';
import { parseNote } from '../../proof/log/notes/signed-note.js';
import { provenLines } from './proven-lines.js';
import { readErrors } from '../../errors/read.errors.js';

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
  /** The mark of a previous export, to repeat that export. Default: the size of the newest checkpoint. */
  readonly mark?: number | undefined;
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
    readonly mark: ExportMark,
    readonly tally: ExportTally,
  ) {}

  /**
   * Opens a connection, and finds the checkpoint of the export. Rejects with the error of the PostgreSQL client.
   *
   * @param tally the tally of a resumed export, which already includes the bytes in the file
   * @throws `AUDIT_EXPORT_REQUEST_INVALID` if no checkpoint has the size `mark`, the ledger has another origin, or the
   *   format does not support the request
   */
  static async begin(ledger: ExportedLedger, request: ExportRequest, tally = new ExportTally()): Promise<LedgerExport> {
    const { format, withProofs = false, withByteOrderMark = false } = request;
    if (withProofs && format !== 'jsonl') throw readErrors.AUDIT_EXPORT_REQUEST_INVALID.noProofs(format);
    if (withByteOrderMark && format !== 'csv') throw readErrors.AUDIT_EXPORT_REQUEST_INVALID.noByteOrderMark(format);
    const session = await LedgerSession.open(ledger.connectionUrl, exporterFor(settingsOf(request.access)));
    try {
      const mark = await findMark(session, request.mark);
      const signed =
        mark.checkpoint === undefined ? undefined : parseCheckpoint(parseNote(mark.checkpoint).text).origin;
      if (signed !== undefined && signed !== ledger.origin)
        throw readErrors.AUDIT_EXPORT_REQUEST_INVALID.otherOrigin(signed, ledger.origin);
      return new LedgerExport(session, ledger, request, mark, tally);
    } catch (error) {
      session.drop();
      throw error;
    }
  }

  /** Yields the file in blocks. Call this method once, before {@link close}. Rejects with the error of the PostgreSQL client. */
  async *blocks(): AsyncGenerator<Buffer, void, undefined> {
    const { session, ledger, request, mark, tally } = this;
    const { format, access, filters, isCompressed, withProofs = false, withByteOrderMark = false } = request;
    const values = new SqlValues();
    const conditions = conditionsOf(filters, { access, values, meaning: ledger.catalogue });
    const [from, to] = [filters.from, filters.to].map((time) => time && firstIdAt(timeOf(time)));
    const after = tally.progress.lastId;
    const rows = exportedRows(session, { conditions, values, mark: mark.size, after, from, to });
    const tags = complianceTagsOf(ledger.catalogue);
    const eventOf = (row: LedgerRow): LedgerEvent => withTags(eventFor(access, row), tags);
    const kind = FILE_KINDS[format];
    const lineOf = withProofs
      ? provenLines(
          eventOf,
          access,
          mark.size,
          tileReaderBy((text, list) => session.rows(text, list)),
        )
      : (row: LedgerRow) => kind.lineOf(eventOf(row), ledger.origin);
    const header = `${withByteOrderMark ? BYTE_ORDER_MARK : ''}${kind.header}`;
    yield* blocksOf({ rows, header, lineOf, isCompressed, tally });
  }

  /** Ends the connection, even during a statement. */
  close(): void {
    this.session.drop();
  }
}

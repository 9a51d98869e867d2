import { settingsOf } from '../../../modules/monitoring/access/ledger-access.js';
import { blocksOf } from '../../../modules/monitoring/export/export-blocks.js';
import { exportedRows } from '../../../modules/monitoring/export/exported-rows.js';
import { ExportTally, type ExportTotals } from '../../../modules/monitoring/export/export-tally.js';
import { provenLines } from '../../../modules/monitoring/export/proven-lines.js';
import { eventFor } from '../../../modules/monitoring/query/ledger-event.js';
import { SqlValues } from '../../../modules/monitoring/query/sql-values.js';
import { exporterFor } from '../../../modules/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../../modules/monitoring/store/sessions/ledger-session.js';
import { tileReaderBy } from '../../../modules/monitoring/store/log-reading/find-tiles.js';
import type { Report } from '../report.js';

const ALL = { scope: 'all' } as const;

/** The sampled events of a report, in the form of an export. */
export interface SampleLines {
  /** The events as JSON Lines, each with its proof, in the order of the ids. */
  readonly content: Buffer;
  readonly totals: ExportTotals;
}

/**
 * Reads the sampled events of a report again, complete and with their proofs against its checkpoint. Rejects with the client's error.
 *
 * @param connectionUrl the address for a role that may read every event
 */
export async function sampleLines(connectionUrl: string, { scope, checks }: Report): Promise<SampleLines> {
  const ids = [...new Set(checks.flatMap(({ sample }) => sample?.events ?? []).map(({ id }) => id))].toSorted();
  const tally = new ExportTally();
  const session = await LedgerSession.open(connectionUrl, exporterFor(settingsOf(ALL)));
  try {
    const values = new SqlValues();
    const conditions = [`id = ANY (${values.place(ids)}::uuid[])`];
    const readTile = tileReaderBy((text, given) => session.rows(text, given));
    const blocks = blocksOf({
      rows: exportedRows(session, { conditions, values, mark: scope.size, from: ids[0] }),
      header: '',
      lineOf: provenLines((row) => eventFor(ALL, row), ALL, scope.size, readTile),
      isCompressed: false,
      tally,
    });
    const content: Buffer[] = [];
    for await (const block of blocks) content.push(block);
    return { content: Buffer.concat(content), totals: tally.totals() };
  } finally {
    await session.close();
  }
}

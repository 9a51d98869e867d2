import { settingsOf } from '../../../modules/monitoring/access/ledger-access.js';
import { eventOfCopy } from '../../../modules/monitoring/export/copied-row.js';
import { copyEvents } from '../../../modules/monitoring/export/copy-events.js';
import { blocksOf } from '../../../modules/monitoring/export/export-blocks.js';
import { headerOf } from '../../../modules/monitoring/export/export-format.js';
import { ExportTally, type ExportTotals } from '../../../modules/monitoring/export/export-tally.js';
import { provenLines } from '../../../modules/monitoring/export/proven-lines.js';
import { tilePath } from '../../../modules/monitoring/log/tiles/tile-path.js';
import { EXPORTER, exporterFor } from '../../../modules/monitoring/store/ledger-roles.js';
import { LedgerSession } from '../../../modules/monitoring/store/sessions/ledger-session.js';
import { batchTiles } from '../../../modules/monitoring/store/log-reading/batch-tiles.js';
import { findTiles } from '../../../modules/monitoring/store/log-reading/find-tiles.js';
import { TileMissingError } from '../../../modules/monitoring/store/log-reading/reading.error.js';
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
  const rows = await LedgerSession.open(connectionUrl, exporterFor(settingsOf(ALL)));
  const tiles = await LedgerSession.open(connectionUrl, EXPORTER);
  try {
    const readTile = batchTiles(
      (addresses) => findTiles(addresses, (text, values) => tiles.rows(text, values)),
      (address) => new TileMissingError(tilePath(address)),
    );
    const part = { conditions: ['id = ANY ($1::uuid[])'], values: [ids], mark: scope.size, withProofs: true };
    const blocks = blocksOf({
      copy: copyEvents(rows, { ...part, from: ids[0] }),
      header: headerOf('jsonl', false),
      lineOf: provenLines((row) => eventOfCopy(row, ALL), ALL, scope.size, readTile),
      isCompressed: false,
      tally,
    });
    const content: Buffer[] = [];
    for await (const block of blocks) content.push(block);
    return { content: Buffer.concat(content), totals: tally.totals() };
  } finally {
    await Promise.all([rows.close(), tiles.close()]);
  }
}

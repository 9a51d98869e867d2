import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { checkFolder } from './list-spill.js';
import { linesOfCommand } from './lines-of-command.js';
import { LossRecord, type Loss } from './loss-record.js';
import type { SpillLines } from './spill-line.js';
import { parseName } from './spill-file.js';

/** The losses by the records in a folder, and those that no event reports yet. */
export interface AcknowledgedLosses {
  readonly acknowledged: readonly Loss[];
  /** Losses whose records stay, because no event reports them yet. */
  readonly unreported: readonly Loss[];
}

/** Reads the records of lost events in a folder. */
async function readLosses(folder: string, lines: SpillLines): Promise<readonly LossRecord[]> {
  const names = (await readdir(folder)).filter((name) => parseName(name)?.kind === 'lost');
  const records = await Promise.all(
    names.map((name) => LossRecord.read(join(folder, name), lines).catch(() => undefined)),
  );
  return records.flatMap((record) => (record && record.losses.length > 0 ? [record] : [])); // empty records only reserve room for later losses
}

/**
 * Removes the records of lost events that an event of the ledger reports, so that `/health` no longer shows them. Safe while applications
 * use the folder.
 *
 * @throws SpillRequestError (`AUDIT_SPILL_REQUEST_INVALID`) when the folder or the key is missing
 */
export async function acknowledgeLosses(folder: string, keys: readonly string[] = []): Promise<AcknowledgedLosses> {
  await checkFolder(folder);
  const records = await readLosses(folder, linesOfCommand(folder, keys).lines);
  const reported = records.filter(({ isReported }) => isReported);
  for (const { path } of reported) await unlink(path);
  return {
    acknowledged: reported.flatMap(({ losses }) => losses),
    unreported: records.filter((record) => !reported.includes(record)).flatMap(({ losses }) => losses),
  };
}

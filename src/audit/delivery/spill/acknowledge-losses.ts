import { unlink } from 'node:fs/promises';
import { listFiles } from './left-alone.js';
import { checkFolder } from './list-spill.js';
import { LossRecord, type Loss } from './loss-record.js';
import { SpillLines } from './spill-line.js';

/** The losses by the records in a folder, and those that no event reports yet. */
export interface AcknowledgedLosses {
  readonly acknowledged: readonly Loss[];
  /** Losses whose records stay, because no event reports them yet. */
  readonly unreported: readonly Loss[];
}

/**
 * Removes the records of lost events that an event of the ledger reports, so that `/health` no longer shows them. Safe while applications
 * use the folder.
 *
 * @throws SpillRequestError (`AUDIT_SPILL_REQUEST_INVALID`) when the folder or the key is missing
 */
export async function acknowledgeLosses(folder: string, keys: readonly string[] = []): Promise<AcknowledgedLosses> {
  await checkFolder(folder);
  const lines = SpillLines.forCommand(folder, keys);
  const [acknowledged, unreported]: [Loss[], Loss[]] = [[], []];
  for (const { path, parsed } of await listFiles(folder)) {
    if (parsed?.kind !== 'lost') continue;
    const record = await LossRecord.read(path, lines).catch(() => undefined); // it may be gone by now
    if (!record || record.losses.length === 0) continue; // an empty record only reserves room for later losses
    (record.isReported ? acknowledged : unreported).push(...record.losses);
    if (record.isReported) await unlink(path);
  }
  return { acknowledged, unreported };
}

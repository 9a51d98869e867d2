import { copyFile, lstat, open, realpath, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../../../base/errors/error-facts.js';
import { isLeftAlone, listFiles } from './abandoned-files.js';
import { decodeEvent } from './dead-letter.js';
import { readEachLine } from './read-lines.js';
import { SpillLines } from './spill-line.js';
import { checkFolder, listSpill } from './list-spill.js';
import { claimedName, newDeadName } from './spill-file.js';
import { makeFolder, syncFolder } from '../../../base/sync-folder.js';
import { auditErrors } from '../../errors/audit.errors.js';
import type { WriterKeys } from '../../writer-keys.js';

/** The number of files and events that were moved from one spill folder into another folder. */
export interface AdoptedSpill {
  readonly waitingEvents: number;
  readonly deadLetters: number;
  readonly corruptLines: number;
  readonly files: number;
}

interface SpillFile {
  readonly from: string;
  /** The backend whose events the file holds; only for a segment. */
  readonly backend?: string;
  /** The file's new name. The name contains the id of this process, which ends soon. The application can then replay the file. */
  readonly toName: string;
}

/**
 * Moves the files of a dead instance's spill into the folder of another instance. The other instance replays these files at once, or at its
 * next start. Resolves when all files are stored in the new folder. After a crash, each file is complete in at least one of the two
 * folders. Even if a file is in both folders, a provider stores each event only once.
 *
 * @throws `AUDIT_SPILL_REQUEST_INVALID` if a folder is missing or both folders are the same. Also thrown if the lines
 *   are signed with another key, or an instance that may still run uses the source. Then no file is moved.
 */
export async function adoptSpill(source: string, folder: string, keys: WriterKeys): Promise<AdoptedSpill> {
  await checkFolder(source);
  await makeFolder(folder);
  if ((await realpath(source)) === (await realpath(folder)))
    throw auditErrors.AUDIT_SPILL_REQUEST_INVALID.ownFolder(source);
  const files = await filesOf(source);
  const lines = SpillLines.forCommand(folder, keys);
  for (const { from, backend } of files) {
    if (backend !== undefined && (await isForeign(from, backend, lines)))
      throw auditErrors.AUDIT_SPILL_REQUEST_INVALID.foreignKey(source);
  }
  const { backends, corruptLines } = await listSpill(source, keys);
  for (const { from, toName } of files) await move(from, join(folder, toName));
  await syncFolder(folder);
  await syncFolder(source);
  return {
    waitingEvents: backends.reduce((sum, { waitingEvents }) => sum + waitingEvents, 0),
    deadLetters: backends.reduce((sum, { deadLetters }) => sum + deadLetters.length, 0),
    corruptLines,
    files: files.length,
  };
}

async function filesOf(source: string): Promise<readonly SpillFile[]> {
  const files: SpillFile[] = [];
  for (const { path: from, parsed, modifiedMs } of await listFiles(source)) {
    if (!parsed || !(await lstat(from)).isFile()) continue; // links are not followed
    if (parsed.kind === 'corrupt') {
      files.push({ from, toName: basename(from) });
      continue;
    }
    if (isLeftAlone(from, parsed, modifiedMs, Date.now()))
      throw auditErrors.AUDIT_SPILL_REQUEST_INVALID.alive(source, parsed);
    if (parsed.kind === 'segment') files.push({ from, toName: claimedName(parsed), backend: parsed.backend });
    else files.push({ from, toName: newDeadName(parsed.uuid) });
  }
  return files;
}

async function isForeign(path: string, backend: string, lines: SpillLines): Promise<boolean> {
  let [all, own] = [0, 0];
  await readEachLine(path, (line) => {
    all++;
    if (decodeEvent(lines, backend, line)) own++;
  });
  return all > 0 && own === 0;
}

/** `rename` fails between file systems. The file gets its new name only when it is complete. */
async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (errorCode(error) !== 'EXDEV') throw error;
    const unfinished = `${to}.adopting`;
    await copyFile(from, unfinished);
    const file = await open(unfinished, 'r+');
    await file.sync().finally(() => file.close());
    await rename(unfinished, to);
    await syncFolder(dirname(to));
    await unlink(from);
  }
}

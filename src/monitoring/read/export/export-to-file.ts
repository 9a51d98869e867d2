import { createReadStream, type ReadStream } from 'node:fs';
import { open, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import { uuidv7 } from 'uuidv7';
import { canonicalJson, parseJson } from '../../../audit/nest-free.js';
import { undefinedIfMissing } from '../../errors/file-error.js';
import {
  type ExportCheckpoint,
  ExportTally,
  type ExportProgress,
  type ExportTotals,
  LedgerExport,
  type ExportedLedger,
  type ExportRequest,
} from './ledger-export.js';
import { readErrors } from '../../errors/read.errors.js';

export interface FileExport {
  readonly ledger: ExportedLedger;
  readonly request: Omit<ExportRequest, 'treeSize'>;
  /** The size of a checkpoint, for `treeSize` in {@link ExportRequest}. */
  readonly treeSize?: number | undefined;
  readonly path: string;
  readonly isResumed: boolean;
  /** Called when the export's id is known, before anything is written. */
  readonly onBegin: (exportId: string) => Promise<void>;
  readonly onProgress?: ((progress: ExportProgress, treeSize: number) => void) | undefined;
}

/** An export whose file is complete and on the disk. {@link ExportedFile.settle} removes the file that stores the progress. */
export interface ExportedFile {
  readonly exportId: string;
  readonly checkpoint: ExportCheckpoint;
  readonly totals: ExportTotals;
  settle(): Promise<void>;
}

/** A resumed export writes the bytes after the last stored progress again. */
const SAVE_EVERY_BYTES = 4 * 1024 * 1024;

/**
 * Exports into a file. After an interruption, even a power cut, a resumed export has the same bytes as an uninterrupted export, unless
 * events were erased or retired meanwhile. Rejects with the errors of the PostgreSQL client and the file system.
 *
 * @throws `AUDIT_REQUEST_INVALID` if the file exists although `isResumed` is `false`, or if the file is not the
 *   beginning of this export
 */
export async function exportToFile(options: FileExport): Promise<ExportedFile> {
  const { ledger, request, path, isResumed, onBegin, onProgress } = options;
  const about = canonicalJson({ ...request, origin: ledger.origin });
  const kept = isResumed ? await readProgress(path, about) : undefined;
  // A crash before the first progress leaves an empty file.
  const size = (await undefinedIfMissing(stat(path)))?.size;
  if (!kept && size !== undefined && !(isResumed && size === 0))
    throw readErrors.AUDIT_REQUEST_INVALID.isThere(path, isResumed);
  if (kept && options.treeSize !== undefined && options.treeSize !== kept.treeSize)
    throw readErrors.AUDIT_REQUEST_INVALID.otherTreeSize(path, kept.treeSize);
  const exportId = kept?.exportId ?? uuidv7();
  const tally = kept ? await resumeTally(path, kept, request.isCompressed) : new ExportTally();
  await onBegin(exportId);
  const run = await LedgerExport.begin(ledger, { ...request, treeSize: kept?.treeSize ?? options.treeSize }, tally);
  try {
    const treeSize = run.checkpoint.size;
    const file = await open(path, isResumed ? 'a' : 'ax'); // `ax` fails if another process created the file meanwhile
    try {
      const keep = (): Promise<void> =>
        saveProgress(path, { request: about, exportId, treeSize, totals: tally.totals() });
      let keptAt = tally.progress.bytes;
      if (!kept) await keep();
      for await (const block of run.blocks()) {
        await file.writeFile(block);
        onProgress?.(tally.progress, treeSize);
        if (tally.progress.bytes - keptAt < SAVE_EVERY_BYTES) continue;
        await file.datasync();
        await keep();
        keptAt = tally.progress.bytes;
      }
      await file.datasync();
      return {
        exportId,
        checkpoint: run.checkpoint,
        totals: tally.totals(),
        settle: () => rm(toProgressPath(path), { force: true }),
      };
    } finally {
      await file.close();
    }
  } finally {
    run.close();
  }
}

/**
 * Exports into a stream, and leaves the stream open. Waits until each block is written. Rejects with the errors of the PostgreSQL client
 * and the stream.
 */
export async function exportToStream(
  { ledger, request, treeSize: size, onBegin, onProgress }: FileExport,
  stream: NodeJS.WritableStream,
): Promise<ExportedFile> {
  const exportId = uuidv7();
  const tally = new ExportTally();
  await onBegin(exportId);
  const run = await LedgerExport.begin(ledger, { ...request, treeSize: size }, tally);
  try {
    const write = promisify((block: Uint8Array, done: (error?: Error | null) => void) => stream.write(block, done));
    for await (const block of run.blocks()) {
      await write(block);
      onProgress?.(tally.progress, run.checkpoint.size);
    }
    return { exportId, checkpoint: run.checkpoint, totals: tally.totals(), settle: () => Promise.resolve() };
  } finally {
    run.close();
  }
}

/** Checks that the file begins with the bytes of the progress, and cuts off all later bytes. */
async function resumeTally(path: string, { totals }: StoredProgress, isCompressed: boolean): Promise<ExportTally> {
  const size = (await undefinedIfMissing(stat(path)))?.size ?? 0;
  if (size < totals.fileBytes) throw readErrors.AUDIT_REQUEST_INVALID.changed(path);
  const tally = new ExportTally(totals);
  const read = (): ReadStream => createReadStream(path, { end: totals.fileBytes - 1 });
  if (totals.fileBytes > 0) {
    if (isCompressed) {
      for await (const chunk of read()) tally.addFileBytes(chunk as Buffer); // a stream without an encoding yields buffers
      if (tally.totals().fileSha256 !== totals.fileSha256) throw readErrors.AUDIT_REQUEST_INVALID.changed(path);
    }
    const content = isCompressed ? read().pipe(createGunzip()) : read();
    for await (const chunk of content) tally.addBytes(chunk as Buffer);
  }
  if (tally.totals().sha256 !== totals.sha256) throw readErrors.AUDIT_REQUEST_INVALID.changed(path);
  if (size > totals.fileBytes) await truncate(path, totals.fileBytes);
  return tally;
}

/** The stored progress of an export, whose file has at least the counted bytes. */
interface StoredProgress {
  readonly exportId: string;
  readonly treeSize: number;
  readonly totals: ExportTotals;
  /** The request as canonical JSON, without the mark. Only an equal request can resume the export. */
  readonly request: string;
}

async function readProgress(path: string, request: string): Promise<StoredProgress | undefined> {
  const text = await undefinedIfMissing(readFile(toProgressPath(path), 'utf8'));
  if (text === undefined) return undefined;
  let kept: StoredProgress;
  try {
    kept = parseJson(text) as StoredProgress; // as saveProgress() wrote the text
  } catch {
    throw readErrors.AUDIT_REQUEST_INVALID.changed(path);
  }
  if (kept.request !== request) throw readErrors.AUDIT_REQUEST_INVALID.other(path);
  return kept;
}

/** Before this call, the bytes that the progress counts must be on the disk. */
async function saveProgress(path: string, progress: StoredProgress): Promise<void> {
  const draft = `${toProgressPath(path)}.draft`;
  await writeFile(draft, JSON.stringify(progress), { flush: true });
  await rename(draft, toProgressPath(path));
}

function toProgressPath(path: string): string {
  return `${path}.progress`;
}

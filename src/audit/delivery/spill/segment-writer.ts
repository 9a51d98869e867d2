import { nextTurn as nextTurnOfTheLoop } from '../../../base/timers.js';
import { open, stat, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { getErrorCode } from '../../../base/errors/error-facts.js';
import { filesInUse } from './spill-file.js';
import { SerialTask } from './serial-task.js';
import { makeFolder, syncFolder } from '../../../base/sync-folder.js';

const MAX_SEGMENT_BYTES = 4 * 1024 * 1024;

interface Segment {
  readonly path: string;
  readonly file: FileHandle;
  readonly inode: bigint;
  /** The size of the complete lines on disk. */
  bytes: number;
}

interface Group {
  readonly lines: Buffer[];
  bytes: number;
  readonly written: Promise<void>;
}

/**
 * Appends lines to its own files, with group commit: all lines that wait during one write are part of the next write.
 *
 * Another process may claim a file at any moment: it renames the file, and then reads it. No line is lost, because:
 *
 * - After the sync, and before `append` resolves, the writer checks that its file still has the old name.
 * - If the name is unchanged, the other process can only claim the file later. The other process then reads the new lines.
 * - If the name has changed, the other process may have read the file before the new lines were written. The writer appends these lines to
 *   another file, and checks again.
 *
 * So a line may be read twice, but a provider stores each event id only once. The names have UUIDs and are never reused. A rename is
 * atomic, so only one process can claim a file.
 */
export class SegmentWriter {
  private readonly queue = new SerialTask();
  private group: Group | undefined;
  private segment: Segment | undefined;

  /** @param newName returns a new name at each call */
  constructor(
    private readonly folder: string,
    private readonly newName: () => string,
  ) {}

  get path(): string | undefined {
    return this.segment?.path;
  }

  /**
   * Appends lines of at most {@link MAX_SEGMENT_BYTES}. Resolves when the lines are on disk, in the order of the
   * calls. Rejects with the system's error.
   */
  append(lines: Buffer): Promise<void> {
    if (!this.group || this.group.bytes + lines.length > MAX_SEGMENT_BYTES) this.group = this.beginGroup();
    this.group.lines.push(lines);
    this.group.bytes += lines.length;
    return this.group.written;
  }

  /** Closes the file after all earlier appends. Later lines are written to another file. */
  async rotate(): Promise<void> {
    await this.queue.run(() => this.closeSegment());
  }

  private beginGroup(): Group {
    const lines: Buffer[] = [];
    const written = this.queue.run(async () => {
      await nextTurnOfTheLoop(); // the callers of the last write may append more lines in this turn
      if (this.group?.lines === lines) this.group = undefined;
      return this.write(Buffer.concat(lines));
    });
    return { lines, bytes: 0, written };
  }

  private async write(lines: Buffer): Promise<void> {
    if (this.segment && this.segment.bytes + lines.length > MAX_SEGMENT_BYTES) await this.closeSegment();
    for (;;) {
      const segment = (this.segment ??= await this.openSegment());
      try {
        await segment.file.appendFile(lines);
        await segment.file.datasync();
      } catch (error) {
        await this.discardTail(segment);
        throw error;
      }
      segment.bytes += lines.length;
      if (await hasItsName(segment)) return;
      await this.closeSegment();
    }
  }

  /** A partly written line would damage the next line. */
  private async discardTail(segment: Segment): Promise<void> {
    if (segment.bytes > 0) await segment.file.truncate(segment.bytes).catch(() => undefined);
    else await unlink(segment.path).catch(() => undefined);
    await this.closeSegment();
  }

  private async openSegment(): Promise<Segment> {
    await makeFolder(this.folder);
    const path = join(this.folder, this.newName());
    filesInUse.add(path);
    try {
      const file = await open(path, 'ax', 0o600);
      this.segment = { path, file, inode: (await file.stat({ bigint: true })).ino, bytes: 0 };
      await syncFolder(this.folder);
      return this.segment;
    } catch (error) {
      if (this.segment) await this.discardTail(this.segment);
      filesInUse.delete(path);
      throw error;
    }
  }

  private async closeSegment(): Promise<void> {
    const { segment } = this;
    if (!segment) return;
    this.segment = undefined;
    filesInUse.delete(segment.path);
    await segment.file.close().catch(() => undefined); // the file is synced, or discarded
  }
}

async function hasItsName({ path, inode }: Segment): Promise<boolean> {
  try {
    return (await stat(path, { bigint: true })).ino === inode;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(getErrorCode(error) ?? '')) return false;
    throw error;
  }
}

/** Joins lines into blocks of at most {@link MAX_SEGMENT_BYTES}, for {@link SegmentWriter.append}. */
export function toBlocks(lines: readonly string[]): readonly Buffer[] {
  const blocks: Buffer[] = [];
  let [block, blockBytes] = [[] as string[], 0];
  for (const line of lines) {
    const bytes = Buffer.byteLength(line);
    if (blockBytes + bytes > MAX_SEGMENT_BYTES && block.length > 0) {
      blocks.push(Buffer.from(block.join('')));
      [block, blockBytes] = [[], 0];
    }
    block.push(line);
    blockBytes += bytes;
  }
  return block.length > 0 ? [...blocks, Buffer.from(block.join(''))] : blocks;
}

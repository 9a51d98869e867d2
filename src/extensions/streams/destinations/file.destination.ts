import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { TEXT, wholeNumber, enumOption, type RawOptions, type ResolvedOptions } from '../../../audit/option-schemas.js';
import { canonicalJson, syncFolder } from '../../../audit/nest-free.js';
import { formatEvent } from '../signed-batch.js';
import { defineDestination, type PackageDestination } from '../define-destination.js';
import { type FormatSource, canonicalLine } from '../formats/line-text.js';
import { JSON_FORMATS, formatBatchObject } from '../formats/stream-format.js';
import { listEntries, type StreamResult, type StreamBatch, type StreamDestination } from '../stream-destination.js';

const FILE_FORMATS = ['batch', ...JSON_FORMATS] as const;

const OPTIONS = {
  /**
   * The path of the file. A full file is renamed, and its new name ends with a number: `events.jsonl.000001`. The stream deletes no file.
   * @remarks after a change of this path, the new file gets the later events, and the old file stays
   */
  path: TEXT,
  /**
   * The size in bytes at which a file counts as full: 1,024 to 10,000,000,000. Set this when an agent uploads only full files, and 100 MB
   * would take it days.
   */
  maxBytes: wholeNumber(1_024, 10_000_000_000).default(100_000_000),
  /**
   * The format of the lines. `batch` writes a line for the batch, then a line for each event; other formats write only the events. Set this
   * when the agent that reads the file expects plain events, such as Filebeat with ECS.
   */
  format: enumOption(FILE_FORMATS).default('batch'),
};

/**
 * The options of a destination that writes lines to a file on this machine.
 *
 * @title File
 * @remarks
 * `{ type: 'file', path: '/var/log/audit/events.jsonl' }`, for an agent such as Filebeat. A batch has a line, then each event one. A full file is
 * renamed to `….000001`; the stream deletes nothing. If several instances can lead, share the storage.
 */
export interface FileDestinationOptions extends RawOptions<typeof OPTIONS> {
  readonly type: 'file';
}

/** Writes lines of canonical JSON. The lines are on disk when {@link send} resolves. */
class FileDestination implements StreamDestination {
  readonly sendsBatches: boolean;
  private file: FileHandle | undefined;
  private bytes = 0;

  constructor(
    private readonly options: ResolvedOptions<typeof OPTIONS>,
    private readonly source: FormatSource,
  ) {
    this.sendsBatches = options.format === 'batch';
  }

  async send(batch: StreamBatch): Promise<StreamResult> {
    const lines = this.formatLines(batch);
    try {
      if (batch.test) await this.tryFolder(lines);
      else await this.append(lines);
    } catch (error) {
      await this.close(); // the next attempt checks the file again
      throw error;
    }
    return { outcome: 'accepted' };
  }

  async close(): Promise<void> {
    const { file } = this;
    this.file = undefined;
    await file?.close();
  }

  private async append(lines: string): Promise<void> {
    const { path, maxBytes } = this.options;
    const bytes = Buffer.from(lines);
    const size = bytes.length;
    let file = this.file ?? (await this.open());
    if (this.bytes > 0 && this.bytes + size > maxBytes) {
      await this.close();
      await rename(path, await findNextName(path));
      file = await this.open();
    }
    await file.appendFile(bytes);
    await file.datasync();
    this.bytes += size;
  }

  /** A test must not touch the file, because the stream may be appending to it in another process. */
  private async tryFolder(lines: string): Promise<void> {
    const path = `${this.options.path}.test`;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, lines);
    await rm(path);
  }

  private formatLines(batch: StreamBatch): string {
    const { format } = this.options;
    if (format === 'batch') return formatBatchLines(batch);
    return listEntries(batch)
      .map((entry) => `${canonicalLine(formatBatchObject(format, entry, batch, this.source))}\n`)
      .join('');
  }

  /** A crash can leave an unfinished line. That line's batch was not acknowledged, so the stream sends the batch again. */
  private async open(): Promise<FileHandle> {
    const { path } = this.options;
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'a+', 0o640);
    this.file = file;
    const { size } = await file.stat();
    this.bytes = await findLastLineEnd(file, size);
    if (this.bytes < size) await file.truncate(this.bytes);
    await syncFolder(dirname(path));
    return file;
  }
}

function formatBatchLines({ events, gaps, ...batch }: StreamBatch): string {
  // In canonical JSON, `batch` is the first member of an event's line.
  const id = `{"batch":${canonicalJson(batch.id)},`;
  const lines = [
    canonicalJson({ batch }),
    ...events.map((event) => id + formatEvent(event).slice(1)),
    ...gaps.map((gap) => canonicalJson({ gap, batch: batch.id })),
  ];
  return `${lines.join('\n')}\n`;
}

async function findNextName(path: string): Promise<string> {
  const prefix = `${basename(path)}.`;
  const names = (await readdir(dirname(path))).filter((name) => name.startsWith(prefix));
  const last = Math.max(0, ...names.map((name) => Number(name.slice(prefix.length))).filter(Number.isInteger));
  return join(dirname(path), `${prefix}${String(last + 1).padStart(6, '0')}`);
}

const NEWLINE = 0x0a;
const CHUNK_BYTES = 65_536;

async function findLastLineEnd(file: FileHandle, size: number): Promise<number> {
  let end = size;
  while (end > 0) {
    const start = Math.max(end - CHUNK_BYTES, 0);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
    const at = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}

export const file: PackageDestination<FileDestinationOptions> = defineDestination({
  type: 'file',
  options: z.object(OPTIONS),
  describe: ({ path }) => `file ${path}`,
  acknowledgment: 'stored',
  create: (options, source) => new FileDestination(options, source),
});

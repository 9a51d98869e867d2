import { Readable } from 'node:stream';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseModestJson } from '../../../audit/nest-free.js';
import { readChunks, readRegular } from '../../../monitoring/errors/file-error.js';
import { gunzip, readRecords } from '../../../monitoring/keep/archive/read-records.js';
import { GAP_TYPE, RETIRED_TYPE } from '../formats/streamed-entries.js';
import type { GapRecord, StreamBatch, StreamedEvent } from '../stream-destination.js';

/** A batch of a copy, or a clause about an unreadable part. Only the signature of a batch shows that the batch has the right members. */
export type CopiedItem = { readonly batch: StreamBatch } | { readonly unreadable: string };

/** A line may be a whole batch. A small packed file may contain a line that no memory holds. */
const LONGEST_LINE = 64 * 1_048_576;

/** After so many lines that are not JSON, or empty, a file is not a copy, and the rest is not read. */
const MOST_WRONG_LINES = 10_000;

type Members = Readonly<Record<string, unknown>>;

type OpenBatch = StreamBatch & { readonly events: StreamedEvent[]; readonly gaps: GapRecord[] };

/**
 * Reads the batches of a receiver's copy: a file of lines with its renamed older files, or a folder of such files, of S3 objects, or of
 * the bodies that a webhook received. Files whose names end in `.gz` are unpacked. Rejects with the system's error for an unreadable file.
 */
export async function* readCopy(path: string): AsyncGenerator<CopiedItem> {
  for (const file of (await stat(path)).isDirectory() ? await filesIn(path) : await withOlderFiles(path)) {
    let open: OpenBatch | undefined;
    for await (const value of valuesOf(file)) {
      const line = Object(value) as Members; // of any shape
      const isWhole = isBatch(line);
      if (open && (isWhole || isBatch(line.batch))) {
        yield { batch: open };
        open = undefined;
      }
      if (isWhole) yield { batch: line };
      else if (isBatch(line.batch)) open = { ...line.batch, events: [], gaps: [] };
      else if (!open || !addEntry(open, line)) yield { unreadable: `${file} has a line that belongs to no batch` };
    }
    if (open) yield { batch: open };
  }
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

/** The file `events.jsonl.000001` is older than `events.jsonl`. */
async function withOlderFiles(path: string): Promise<readonly string[]> {
  const names = await readdir(dirname(path));
  const older = names.filter((name) => name.replace(/\.\d{6,}$/, '') === basename(path));
  return [...new Set([...older.map((name) => join(dirname(path), name)), path])];
}

/** Yields the values of a file, and `undefined` for text that is not JSON. A file `.json` has one value, or a list. */
async function* valuesOf(file: string): AsyncGenerator {
  const whole = file.endsWith('.json') ? parsed((await readRegular(file, LONGEST_LINE)).toString()) : undefined;
  if (whole !== undefined) {
    yield* Array.isArray(whole) ? (whole as readonly unknown[]) : [whole];
    return;
  }
  const source = readChunks(file);
  const content = file.endsWith('.gz') ? gunzip(Readable.from(source)) : source;
  let wrong = 0;
  for await (const record of readRecords(content, { longest: LONGEST_LINE })) {
    const line = record.length > LONGEST_LINE ? 'too long' : record.toString();
    const value = parsed(line);
    if (line.trim() !== '') yield value;
    if (value === undefined && ++wrong > MOST_WRONG_LINES) return;
  }
}

function parsed(text: string): unknown {
  try {
    return parseModestJson(text);
  } catch {
    return undefined;
  }
}

function isBatch(given: unknown): given is StreamBatch {
  const { id, stream, first, last, selection, events = [], gaps = [] } = Object(given) as Members;
  const isRange = Number.isSafeInteger(first) && Number.isSafeInteger(last);
  const isSelected = typeof selection === 'object' && selection !== null;
  return (
    isRange &&
    isSelected &&
    [id, stream].every((each) => typeof each === 'string') &&
    [events, gaps].every(Array.isArray)
  );
}

/** Adds the line of a file destination or of an S3 object to its batch. Returns whether the line is an entry of this batch. */
function addEntry({ id: batchId, events, gaps }: OpenBatch, { batch, ...entry }: Members): boolean {
  if (batch !== undefined && batch !== batchId) return false;
  if (entry.type === RETIRED_TYPE) return true; // the line of the batch has this record
  const gap = entry.type === GAP_TYPE ? recordOf(entry.details) : entry.gap;
  if (typeof gap === 'object' && gap !== null) return gaps.push(gap as GapRecord) > 0; // the batch's signature covers it
  const { index, id, leafHash, proof, event, ...members } = entry;
  if (!Number.isSafeInteger(index) || typeof id !== 'string') return false;
  const streamed = { index, id, leafHash, ...(proof !== undefined && { proof }), event: event ?? { ...members, id } };
  return events.push(streamed as StreamedEvent) > 0; // the batch's signature covers it
}

/** An event about a gap has the gap's record in the third line of its note. */
function recordOf(details: unknown): object | undefined {
  const { note } = Object(details) as Members;
  const stated = typeof note === 'string' ? parsed(note.split('\n')[2] ?? '') : undefined;
  if (typeof stated !== 'object' || stated === null) return undefined;
  return Object.fromEntries(Object.entries({ ...stated, note }).filter(([name]) => name !== 'stream'));
}

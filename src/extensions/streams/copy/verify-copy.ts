import { Readable } from 'node:stream';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { TreeHead } from '../../../monitoring/proof/log/merkle/verify-consistency.js';
import type { CheckpointTrust } from '../../../monitoring/proof/log/notes/checkpoint.js';
import { publishedHeads } from '../../../monitoring/proof/verify/read-heads.js';
import { IndexSet } from '../../../monitoring/read/export/verify-export.js';
import { computeShownLeaf } from '../../../monitoring/proof/sealing/shown-leaf.js';
import { isBatchSigned } from '../signed-batch.js';
import { digestValue, type PersonalChoice, type Selection } from '../selection.js';
import { type StreamedEvent, GAP_TYPE, RETIRED_TYPE, type GapRecord, type StreamBatch } from '../stream-destination.js';
import { parseModestJson } from '../../../audit/nest-free.js';
import { readChunks, readRegular } from '../../../monitoring/errors/file-error.js';
import { decompressStream, readRecords } from '../../../monitoring/keep/archive/archive-streams.js';

/** A range of sequence numbers, and the selection under which the stream sent the range. */
interface CopiedRange {
  readonly first: number;
  last: number;
  readonly selection: Selection;
}

export interface CopyVerification {
  readonly verdict: 'sound' | 'tampered';
  readonly stream: string;
  /** The problems as clauses: the first 20, and a clause that counts the others. */
  readonly findings: readonly string[];
  /** Each range that the batches cover, with its selection: the copy has exactly the events of the range that the selection includes. */
  readonly ranges: readonly CopiedRange[];
  readonly events: number;
  readonly batches: number;
  /** The numbers of events that records of the ledger replace. */
  readonly gaps: number;
  readonly retired: number;
  /** The number of test batches, which are not checked. */
  readonly tests: number;
  /** Clauses about facts that are not proven. */
  readonly notes: readonly string[];
}

/**
 * Verifies a receiver's copy of a stream, offline: the ledger signed each batch, the batches cover every sequence number from the first
 * one on, and each event is the sealed event. Needs memory for the range and the selection of each batch, and one bit for each index.
 *
 * @param published signed checkpoints. If a stream has no filter, the newest one shows whether the end of the copy is missing
 * @param from the first sequence number to check. Absent for the beginning of the stream
 * @returns `undefined` if the path contains no batch. Rejects with the system's error for an unreadable file
 */
export async function verifyCopy(
  path: string,
  trust: CheckpointTrust,
  { published = [], from }: { readonly published?: readonly string[]; readonly from?: number },
): Promise<CopyVerification | undefined> {
  const copy = new CopyCheck(trust);
  for await (const item of readCopy(path)) copy.take(item);
  return copy.stream === undefined ? undefined : copy.end(copy.stream, from, publishedHeads(published, trust));
}

const MAX_FINDINGS = 20;

interface Span extends CopiedRange {
  /** Whether the ledger began the stream, or a replay, with this batch. */
  readonly isBeginning: boolean;
}

class CopyCheck {
  stream: string | undefined;
  private readonly spans = new Map<string, Span>();
  /** A crash can cut a batch off in a file, and the stream then sends the batch again. So a problem of a batch counts only at the end. */
  private readonly unsigned = new Map<string, string>();
  private readonly problems: string[] = [];
  private total = 0;
  private readonly indexes = new IndexSet();
  private readonly counts = { gaps: 0, retired: 0, tests: 0, unproven: 0 };

  constructor(private readonly trust: CheckpointTrust) {}

  take(item: CopiedItem): void {
    if ('unreadable' in item) {
      this.add(item.unreadable);
      return;
    }
    const { batch } = item;
    const { id, stream, first, last, previousHash, replay, test, selection, gaps, retired = [], events } = batch;
    this.stream ??= stream;
    if (test === true) this.counts.tests += 1;
    if (test === true || this.spans.has(id)) return;
    if (!isBatchSigned(batch, this.trust)) {
      this.unsigned.set(id, `index ${first} to ${last}: the batch ${id} is not as a key of the ledger signed it`);
      return;
    }
    if (stream !== this.stream) this.add(`the batch ${id} belongs to the stream ${stream}, and not to ${this.stream}`);
    const isBeginning = previousHash === '' && replay === undefined;
    this.spans.set(id, { first, last, selection, isBeginning });
    this.counts.gaps += gaps.length;
    for (const range of retired) this.counts.retired += range.last - range.first + 1;
    for (const event of events) this.takeEvent(event, selection.personal);
  }

  /** The ledger signed what it read. If somebody had changed the ledger's row, the event does not give its leaf. */
  private takeEvent({ index, event, leafHash, proof = {} }: StreamedEvent, choice: PersonalChoice): void {
    this.indexes.add(index);
    const leaf = computeShownLeaf(structuredClone(event), proof);
    if (!leaf || Buffer.from(leaf.leafHash).toString('base64') !== leafHash) {
      this.add(`index ${index}: the event was not sealed like this`);
    } else if (leaf.personal === 'other' || (leaf.personal === 'unproven' && choice === 'include')) {
      this.add(`index ${index}: the personal values do not match the sealed hash`);
    } else if (leaf.personal === 'unproven') this.counts.unproven += 1;
  }

  end(stream: string, from: number | undefined, heads: readonly TreeHead[]): CopyVerification {
    for (const [id, problem] of this.unsigned) if (!this.spans.has(id)) this.add(problem);
    const spans = [...this.spans.values()].toSorted((one, other) => one.first - other.first);
    const notes: string[] = [];
    let end = from ?? 0;
    for (const { first, last, isBeginning } of spans) {
      if (first > end && isBeginning) notes.push(`the stream began at index ${first}`);
      else if (first > end) this.add(`index ${end} to ${first - 1}: the batches of these events are not in the copy`);
      end = Math.max(end, last + 1);
    }
    const size = Math.max(0, ...heads.map((head) => head.size));
    const isFiltered = spans.some(isSelective);
    if (heads.length === 0) notes.push(`nothing shows whether the copy has the newest events: give --checkpoint`);
    else if (size > end && !isFiltered) {
      this.add(`index ${end} to ${size - 1}: the given checkpoint has these events, and the copy does not`);
    } else if (size > end)
      notes.push(`nothing shows whether the stream selected events from index ${end} to ${size - 1}`);
    const { unproven, ...counts } = this.counts;
    if (unproven > 0)
      notes.push(`${unproven} events have pseudonyms: their facts are proven, their pseudonyms are not`);
    const more = this.total - this.problems.length;
    return {
      verdict: this.total === 0 ? 'sound' : 'tampered',
      stream,
      findings: [...this.problems, ...(more > 0 ? [`… and ${more} more`] : [])],
      ranges: mergeRanges(spans),
      ...{ events: this.indexes.size, batches: this.spans.size },
      ...counts,
      notes,
    };
  }

  private add(problem: string): void {
    this.total += 1;
    if (this.problems.length < MAX_FINDINGS) this.problems.push(problem);
  }
}

function isSelective({ selection: { filter, access } }: CopiedRange): boolean {
  return access.scope !== 'all' || Object.keys(filter).length > 0;
}

function mergeRanges(spans: readonly CopiedRange[]): readonly CopiedRange[] {
  const ranges: CopiedRange[] = [];
  for (const { first, last, selection } of spans) {
    const before = ranges.at(-1);
    const isNext = before && first <= before.last + 1 && digestValue(selection) === digestValue(before.selection);
    if (isNext) before.last = Math.max(before.last, last);
    else ranges.push({ first, last, selection });
  }
  return ranges;
}

/** A batch of a copy, or a clause about an unreadable part. Only the signature of a batch shows that the batch has the right members. */
type CopiedItem = { readonly batch: StreamBatch } | { readonly unreadable: string };

/** A line may be a whole batch. A small packed file may contain a line that no memory holds. */
const MAX_LINE_BYTES = 64 * 1_048_576;

/** After so many lines that are not JSON, or empty, a file is not a copy, and the rest is not read. */
const MAX_WRONG_LINES = 10_000;

type Members = Readonly<Record<string, unknown>>;

type OpenBatch = StreamBatch & { readonly events: StreamedEvent[]; readonly gaps: GapRecord[] };

/**
 * Reads the batches of a receiver's copy: a file of lines with its renamed older files, or a folder of such files, of S3 objects, or of
 * the bodies that a webhook received. Files whose names end in `.gz` are unpacked. Rejects with the system's error for an unreadable file.
 */
async function* readCopy(path: string): AsyncGenerator<CopiedItem> {
  for (const file of (await stat(path)).isDirectory() ? await listFiles(path) : await listRotatedFiles(path)) {
    let open: OpenBatch | undefined;
    for await (const value of readValues(file)) {
      const line = Object(value) as Members; // of any shape
      const isComplete = isBatch(line);
      if (open && (isComplete || isBatch(line.batch))) {
        yield { batch: open };
        open = undefined;
      }
      if (isComplete) yield { batch: line };
      else if (isBatch(line.batch)) open = { ...line.batch, events: [], gaps: [] };
      else if (!open || !addEntry(open, line)) yield { unreadable: `${file} has a line that belongs to no batch` };
    }
    if (open) yield { batch: open };
  }
}

async function listFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

/** The file `events.jsonl.000001` is older than `events.jsonl`. */
async function listRotatedFiles(path: string): Promise<readonly string[]> {
  const names = await readdir(dirname(path));
  const older = names.filter((name) => name.replace(/\.\d{6,}$/, '') === basename(path));
  return [...new Set([...older.map((name) => join(dirname(path), name)), path])];
}

/** Yields the values of a file, and `undefined` for text that is not JSON. A file `.json` has one value, or a list. */
async function* readValues(file: string): AsyncGenerator {
  const whole = file.endsWith('.json') ? parsed((await readRegular(file, MAX_LINE_BYTES)).toString()) : undefined;
  if (whole !== undefined) {
    yield* Array.isArray(whole) ? (whole as readonly unknown[]) : [whole];
    return;
  }
  const source = readChunks(file);
  const content = file.endsWith('.gz') ? decompressStream(Readable.from(source)) : source;
  let wrong = 0;
  for await (const record of readRecords(content, { maxBytes: MAX_LINE_BYTES })) {
    const line = record.length > MAX_LINE_BYTES ? 'too long' : record.toString();
    const value = parsed(line);
    if (line.trim() !== '') yield value;
    if (value === undefined && ++wrong > MAX_WRONG_LINES) return;
  }
}

function parsed(text: string): unknown {
  try {
    return parseModestJson(text);
  } catch {
    return undefined;
  }
}

function isBatch(input: unknown): input is StreamBatch {
  const { id, stream, first, last, selection, events = [], gaps = [] } = Object(input) as Members;
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
  const gap = entry.type === GAP_TYPE ? getRecord(entry.details) : entry.gap;
  if (typeof gap === 'object' && gap !== null) return gaps.push(gap as GapRecord) > 0; // the batch's signature covers it
  const { index, id, leafHash, proof, event, ...members } = entry;
  if (!Number.isSafeInteger(index) || typeof id !== 'string') return false;
  const streamed = { index, id, leafHash, ...(proof !== undefined && { proof }), event: event ?? { ...members, id } };
  return events.push(streamed as StreamedEvent) > 0; // the batch's signature covers it
}

/** An event about a gap has the gap's record in the third line of its note. */
function getRecord(details: unknown): object | undefined {
  const { note } = Object(details) as Members;
  const stated = typeof note === 'string' ? parsed(note.split('\n')[2] ?? '') : undefined;
  if (typeof stated !== 'object' || stated === null) return undefined;
  return Object.fromEntries(Object.entries({ ...stated, note }).filter(([name]) => name !== 'stream'));
}

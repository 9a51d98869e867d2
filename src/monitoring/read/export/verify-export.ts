import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { AuditError, getErrorMessage, parseJson, type AuditEvent } from '../../../audit/nest-free.js';
import { readChunks } from '../../errors/file-error.js';
import { decompressStream, MAX_RECORD_BYTES, readRecords } from '../../keep/archive/archive-streams.js';
import type { TreeHead } from '../../proof/log/merkle/verify-consistency.js';
import { isSameHash } from '../../proof/log/merkle/hashes.js';
import { verifyCheckpoint, type CheckpointTrust } from '../../proof/log/notes/checkpoint.js';
import type { ExportFormat } from './export-format.js';
import { verifyManifest, type ExportManifest } from './export-manifest.js';
import { verifyErrors } from '../../errors/verify.errors.js';
import { verifyInclusion } from '../../proof/log/merkle/verify-inclusion.js';
import { decodeHashes } from '../../proof/log/notes/encoding.js';
import { isTags, computeShownLeaf } from '../../proof/sealing/shown-leaf.js';
import type { LineProof } from './ledger-export.js';

const NEWLINE = 0x0a;

export interface ExportVerification {
  readonly verdict: 'sound' | 'tampered';
  readonly manifest: ExportManifest;
  /** The problems as clauses; empty if the export is sound. */
  readonly findings: readonly string[];
  /**
   * The number of indexes below the mark that the export lacks; absent for an export with filters or with limited access. The missing events
   * are retired or lost. A verification of the ledger reports lost events.
   */
  readonly missing?: number;
  /** The number of events that are proven to be in the checkpoint's tree; absent for an export without proofs. */
  readonly proven?: number;
}

/**
 * Verifies an export's file by the manifest: signature, bytes, hashes, number and indexes of the records, checkpoint, and the proof of each
 * event. Works offline. Needs memory for one record, and one bit for each index below the mark. Rejects with the system's error if the file
 * cannot be read.
 *
 * @param checkpoints signed notes from another source. The note with the size of the manifest's checkpoint must have the root of that
 *   checkpoint
 * @throws `AUDIT_REQUEST_INVALID` if notes are given, but no note has the manifest's size; and the errors of
 *   {@link verifyManifest}
 */
export async function verifyExport(
  path: string,
  note: string,
  trust: CheckpointTrust,
  checkpoints: readonly string[] = [],
): Promise<ExportVerification> {
  const manifest = verifyManifest(note, trust);
  const input = verifyHead(manifest, checkpoints, trust);
  const own = readCheckpoint(manifest, trust);
  const findings = [...own.findings];
  if (own.head && input && !isSameHash(own.head.rootHash, input.rootHash)) {
    findings.push(`the given checkpoint of size ${input.size} and the manifest's checkpoint have different roots`);
  }
  const content = await readContent(path, manifest, input ?? own.head);
  findings.push(...(await findFileProblems(path, manifest)), ...content.findings);
  const isComplete = manifest.access.scope === 'all' && Object.keys(manifest.filters).length === 0;
  const missing = isComplete ? { missing: manifest.treeSize - manifest.count } : {};
  const proven = manifest.proofs ? { proven: content.proven } : {};
  return { verdict: findings.length === 0 ? 'sound' : 'tampered', manifest, findings, ...missing, ...proven };
}

function verifyHead(
  { treeSize }: ExportManifest,
  notes: readonly string[],
  trust: CheckpointTrust,
): TreeHead | undefined {
  if (notes.length === 0 || treeSize === 0) return undefined;
  const heads = notes.map((note) => verifyCheckpoint(note, trust).checkpoint);
  const head = heads.find(({ size }) => size === treeSize);
  if (head) return head;
  throw verifyErrors.AUDIT_REQUEST_INVALID.noCheckpointForSize(
    treeSize,
    heads.map(({ size }) => size),
  );
}

function readCheckpoint(
  { checkpoint, treeSize }: ExportManifest,
  trust: CheckpointTrust,
): { readonly head?: TreeHead; readonly findings: readonly string[] } {
  if (checkpoint === null)
    return { findings: treeSize === 0 ? [] : ['the manifest has a tree size and no checkpoint'] };
  try {
    const head = verifyCheckpoint(checkpoint, trust).checkpoint;
    const isOther = head.size !== treeSize;
    return { head, findings: isOther ? [`the checkpoint is of size ${head.size}, and the mark is ${treeSize}`] : [] };
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    return { findings: [`the checkpoint: ${getErrorMessage(error)}`] };
  }
}

async function findFileProblems(path: string, { gzip }: ExportManifest): Promise<readonly string[]> {
  if (gzip === null) return [];
  const { size } = await stat(path);
  const hash = createHash('sha256');
  if (size === gzip.bytes) for await (const chunk of readChunks(path)) hash.update(chunk);
  return [
    ...(size === gzip.bytes ? [] : [`the file has ${size} bytes, not ${gzip.bytes}`]),
    ...(hash.digest('hex') === gzip.sha256 ? [] : ['the file has another SHA-256']),
  ];
}

const MAX_FINDINGS = 20;

/** Reads at most the number of bytes that the manifest states. */
async function readContent(
  path: string,
  manifest: ExportManifest,
  head: TreeHead | undefined,
): Promise<{ readonly findings: readonly string[]; readonly proven: number }> {
  const { format, gzip, count, bytes, sha256, proofs } = manifest;
  const findings: string[] = [];
  const ofRecords: string[] = [];
  const hash = createHash('sha256');
  const refuteIndex = createIndexCheck(manifest);
  let read = 0;
  let records = format === 'csv' ? -1 : 0; // the header does not count
  let proven = 0;
  let isTorn = false;
  async function* content(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      read += chunk.length;
      if (read > bytes) return;
      yield chunk;
    }
  }
  const note = (problem: string | undefined): void => {
    if (problem !== undefined && ofRecords.length < MAX_FINDINGS) ofRecords.push(`record ${records + 1} ${problem}`);
  };
  const file = readChunks(path);
  try {
    const chunks = content(gzip === null ? file : decompressStream(Readable.from(file)));
    for await (const record of readRecords(chunks, { isCsv: format === 'csv' })) {
      if (record.length > MAX_RECORD_BYTES) {
        return { findings: [`record ${records + 1} is longer than ${MAX_RECORD_BYTES} bytes`], proven };
      }
      isTorn = record.at(-1) !== NEWLINE;
      if (isTorn) break;
      if (records >= 0) note(refuteIndex(getRecordIndex(record, format)));
      if (proofs && head) {
        const refuted = findLineProblem(record, head);
        if (refuted === undefined) proven += 1;
        note(refuted);
      }
      records += 1;
    }
  } catch (error) {
    if (gzip === null) throw error;
    findings.push(`the file cannot be decompressed: ${getErrorMessage(error)}`);
  }
  if (read > bytes)
    return { findings: [...findings, `there are more than ${bytes} bytes of content`, ...ofRecords], proven };
  if (read !== bytes) findings.push(`there are ${read} bytes of content, not ${bytes}`);
  if (hash.digest('hex') !== sha256) findings.push('the content has another SHA-256');
  if (isTorn) findings.push('the last record of the file is cut off');
  if (records !== count) findings.push(`there are ${Math.max(records, 0)} events, not ${count}`);
  return { findings: [...findings, ...ofRecords], proven };
}

function createIndexCheck({
  firstIndex,
  lastIndex,
}: ExportManifest): (index: number | undefined) => string | undefined {
  const seen = new IndexSet();
  return (index) => {
    if (index === undefined) return 'has no index';
    if (index < (firstIndex ?? Infinity) || index > (lastIndex ?? -Infinity)) {
      return `has the index ${index}, which is outside the range in the manifest`;
    }
    return seen.add(index) ? undefined : `has the index ${index}, which an earlier record already has`;
  };
}

/** This function never throws. */
function getRecordIndex(record: Buffer, format: ExportFormat): number | undefined {
  const text = record.toString('utf8');
  const index: unknown = format === 'csv' ? Number(/^\d+(?=,)/.exec(text)?.[0]) : getJsonIndex(text, format);
  return Number.isSafeInteger(index) ? (index as number) : undefined; // Number.isSafeInteger() has checked that the index is a number
}

function getJsonIndex(text: string, format: ExportFormat): unknown {
  try {
    const event = parseJson(text) as ShownIndex; // if the JSON is something else, it lacks these members
    if (format === 'jsonl') return event.index;
    return format === 'ocsf' ? event.metadata?.sequence : Number(event.sequence);
  } catch {
    return undefined;
  }
}

interface ShownIndex {
  readonly index?: unknown;
  readonly metadata?: { readonly sequence?: unknown };
  readonly sequence?: unknown;
}

interface ProvenLine extends AuditEvent {
  readonly index: number;
  readonly proof?: LineProof;
}

/**
 * Checks the proof in a line of JSON: the tree must contain the event at its index. Returns the problem as a part of a sentence, or
 * `undefined`. Never throws.
 */
function findLineProblem(line: Buffer, head: TreeHead): string | undefined {
  try {
    const text = line.toString('utf8');
    const read = parseJson(text) as ProvenLine; // if the JSON is something else, the code below throws or refutes it
    if (hasRepeatedMember(text, read)) return 'names a member twice: JSON parsers differ in which one they use';
    if (!isTags(Reflect.get(read, 'compliance'))) return 'has invalid compliance tags';
    const { proof, index, ...event } = read;
    if (!proof) return 'has no proof';
    const { hashes, ...shown } = proof;
    const leaf = computeShownLeaf(event, shown);
    if (!leaf) return 'is not an event with a proof';
    if (leaf.personal === 'other' || leaf.personal === 'unproven') {
      return 'has a personal part that differs from the sealed one';
    }
    const decoded = decodeHashes(hashes);
    if (!decoded) return 'has an invalid proof';
    const { leafHash } = leaf;
    const isProven = verifyInclusion({ index, size: head.size, leafHash, hashes: decoded }, head.rootHash);
    return isProven
      ? undefined
      : 'differs from the event that was sealed at its index: its proof does not lead to the root of the checkpoint';
  } catch (error) {
    // A RangeError means that the JSON is nested too deeply.
    if ([AuditError, SyntaxError, TypeError, RangeError].some((expected) => error instanceof expected)) {
      return 'is not an event with a proof';
    }
    throw error;
  }
}

/** Matches a JSON string. If the string is the name of a member, captures the colon that follows the string. */
const TEXT = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/gs;

/** A repeated member is refused, because JSON parsers differ in which of the two members they use. */
function hasRepeatedMember(json: string, value: unknown): boolean {
  let names = 0;
  for (const [, colon] of json.matchAll(TEXT)) if (colon !== undefined) names += 1;
  return names !== countMembers(value);
}

/** Counts without recursion, because deep nesting could overflow the stack. */
function countMembers(whole: unknown): number {
  let members = 0;
  const pending = [whole];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    const within: readonly unknown[] = Object.values(value);
    if (!Array.isArray(value)) members += within.length;
    for (const one of within) pending.push(one);
  }
  return members;
}

/** A set of sequence numbers, with one bit for each number up to the highest. */
export class IndexSet {
  /** The number of different sequence numbers. */
  size = 0;
  private bits = new Uint8Array(1_024);

  /** Adds a sequence number. Returns whether the set did not have it yet. */
  add(index: number): boolean {
    const [at, bit] = [Math.floor(index / 8), 1 << (index % 8)];
    if (at >= this.bits.length) {
      const grown = new Uint8Array(at * 2);
      grown.set(this.bits);
      this.bits = grown;
    }
    const byte = this.bits[at] ?? 0;
    if ((byte & bit) !== 0) return false;
    this.bits[at] = byte | bit;
    this.size += 1;
    return true;
  }
}

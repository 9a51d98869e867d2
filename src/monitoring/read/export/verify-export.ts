import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { AuditError, errorMessage, parseJson } from '../../../audit/nest-free.js';
import { readChunks } from '../../errors/file-error.js';
import { gunzip, MAX_RECORD_BYTES, readRecords } from '../../keep/archive/read-records.js';
import type { TreeHead } from '../../proof/log/merkle/verify-consistency.js';
import { isSameHash } from '../../proof/log/merkle/hashes.js';
import { verifyCheckpoint, type CheckpointTrust } from '../../proof/log/notes/checkpoint.js';
import { refuteLine } from './check-line-proof.js';
import { IndexSet } from './index-set.js';
import type { ExportFormat } from './export-format.js';
import { verifyManifest, type ExportManifest } from './export-manifest.js';
import { verifyErrors } from '../../errors/verify.errors.js';

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
 * @throws `AUDIT_VERIFY_REQUEST_INVALID` if notes are given, but no note has the manifest's size; and the errors of
 *   {@link verifyManifest}
 */
export async function verifyExport(
  path: string,
  note: string,
  trust: CheckpointTrust,
  checkpoints: readonly string[] = [],
): Promise<ExportVerification> {
  const manifest = verifyManifest(note, trust);
  const given = headOf(manifest, checkpoints, trust);
  const own = readCheckpoint(manifest, trust);
  const findings = [...own.findings];
  if (own.head && given && !isSameHash(own.head.rootHash, given.rootHash)) {
    findings.push(`the given checkpoint of size ${given.size} and the manifest's checkpoint have different roots`);
  }
  const content = await readContent(path, manifest, given ?? own.head);
  findings.push(...(await findOfFile(path, manifest)), ...content.findings);
  const isWhole = manifest.access.scope === 'all' && Object.keys(manifest.filters).length === 0;
  const missing = isWhole ? { missing: manifest.mark - manifest.count } : {};
  const proven = manifest.proofs ? { proven: content.proven } : {};
  return { verdict: findings.length === 0 ? 'sound' : 'tampered', manifest, findings, ...missing, ...proven };
}

function headOf({ mark }: ExportManifest, notes: readonly string[], trust: CheckpointTrust): TreeHead | undefined {
  if (notes.length === 0 || mark === 0) return undefined;
  const heads = notes.map((note) => verifyCheckpoint(note, trust).checkpoint);
  const head = heads.find(({ size }) => size === mark);
  if (head) return head;
  throw verifyErrors.AUDIT_VERIFY_REQUEST_INVALID.noCheckpointOf(
    mark,
    heads.map(({ size }) => size),
  );
}

function readCheckpoint(
  { checkpoint, mark }: ExportManifest,
  trust: CheckpointTrust,
): { readonly head?: TreeHead; readonly findings: readonly string[] } {
  if (checkpoint === null) return { findings: mark === 0 ? [] : ['the manifest has a mark and no checkpoint'] };
  try {
    const head = verifyCheckpoint(checkpoint, trust).checkpoint;
    const isOther = head.size !== mark;
    return { head, findings: isOther ? [`the checkpoint is of size ${head.size}, and the mark is ${mark}`] : [] };
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    return { findings: [`the checkpoint: ${errorMessage(error)}`] };
  }
}

async function findOfFile(path: string, { gzip }: ExportManifest): Promise<readonly string[]> {
  if (gzip === null) return [];
  const { size } = await stat(path);
  const hash = createHash('sha256');
  if (size === gzip.bytes) for await (const chunk of readChunks(path)) hash.update(chunk);
  return [
    ...(size === gzip.bytes ? [] : [`the file has ${size} bytes, not ${gzip.bytes}`]),
    ...(hash.digest('hex') === gzip.sha256 ? [] : ['the file has another SHA-256']),
  ];
}

const MOST_FINDINGS = 20;

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
  const refuteIndex = indexCheckOf(manifest);
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
    if (problem !== undefined && ofRecords.length < MOST_FINDINGS) ofRecords.push(`record ${records + 1} ${problem}`);
  };
  const file = readChunks(path);
  try {
    const chunks = content(gzip === null ? file : gunzip(Readable.from(file)));
    for await (const record of readRecords(chunks, { isCsv: format === 'csv' })) {
      if (record.length > MAX_RECORD_BYTES) {
        return { findings: [`record ${records + 1} is longer than ${MAX_RECORD_BYTES} bytes`], proven };
      }
      isTorn = record.at(-1) !== NEWLINE;
      if (isTorn) break;
      if (records >= 0) note(refuteIndex(indexOfRecord(record, format)));
      if (proofs && head) {
        const refuted = refuteLine(record, head);
        if (refuted === undefined) proven += 1;
        note(refuted);
      }
      records += 1;
    }
  } catch (error) {
    if (gzip === null) throw error;
    findings.push(`the file cannot be decompressed: ${errorMessage(error)}`);
  }
  if (read > bytes)
    return { findings: [...findings, `there are more than ${bytes} bytes of content`, ...ofRecords], proven };
  if (read !== bytes) findings.push(`there are ${read} bytes of content, not ${bytes}`);
  if (hash.digest('hex') !== sha256) findings.push('the content has another SHA-256');
  if (isTorn) findings.push('the last record of the file is cut off');
  if (records !== count) findings.push(`there are ${Math.max(records, 0)} events, not ${count}`);
  return { findings: [...findings, ...ofRecords], proven };
}

function indexCheckOf({ firstIndex, lastIndex }: ExportManifest): (index: number | undefined) => string | undefined {
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
function indexOfRecord(record: Buffer, format: ExportFormat): number | undefined {
  const text = record.toString('utf8');
  const index: unknown = format === 'csv' ? Number(/^\d+(?=,)/.exec(text)?.[0]) : indexOfJson(text, format);
  return Number.isSafeInteger(index) ? (index as number) : undefined; // Number.isSafeInteger() has checked that the index is a number
}

function indexOfJson(text: string, format: ExportFormat): unknown {
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

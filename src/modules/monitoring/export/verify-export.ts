import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { AuditError, errorMessage } from '../../../audit/index.js';
import { verifyCheckpoint, type CheckpointTrust } from '../integrity/notes/index.js';
import { verifyManifest, type ExportManifest } from './export-manifest.js';
import { indexOfRecord, RecordScanner } from './record-scanner.js';

/** What was found of an export. */
export interface ExportVerification {
  readonly verdict: 'sound' | 'tampered';
  readonly manifest: ExportManifest;
  /** What is wrong, in sentences' parts; empty when it is sound. */
  readonly findings: readonly string[];
  /**
   * How many places below the mark have no event in it, where nothing was left out by a filter or an access: retired events, or
   * such as the ledger lost, which verifying the ledger tells.
   */
  readonly missing?: number;
}

/**
 * Holds an export's file against its manifest: signature, bytes, hashes, number of records, their indexes, the checkpoint.
 * Offline, in the memory of one record and of a bit a place. Rejects with the system's error for a file that cannot be read.
 *
 * @throws InvalidManifestError (`AUDIT_EXPORT_MANIFEST_INVALID`), InvalidNoteError (`AUDIT_NOTE_INVALID`), ForgedNoteError
 *   (`AUDIT_NOTE_FORGED`) and UnverifiedNoteError (`AUDIT_NOTE_UNVERIFIED`)
 */
export async function verifyExport(path: string, note: string, trust: CheckpointTrust): Promise<ExportVerification> {
  const manifest = verifyManifest(note, trust);
  const findings = [...findOfCheckpoint(manifest, trust), ...(await findOfFile(path, manifest))];
  findings.push(...(await findOfContent(path, manifest)));
  const isWhole = manifest.access.scope === 'all' && Object.keys(manifest.filters).length === 0;
  const missing = isWhole ? { missing: manifest.mark - manifest.count } : {};
  return { verdict: findings.length === 0 ? 'sound' : 'tampered', manifest, findings, ...missing };
}

function findOfCheckpoint({ checkpoint, mark }: ExportManifest, trust: CheckpointTrust): readonly string[] {
  if (checkpoint === null) return mark === 0 ? [] : ['the manifest has a mark and no checkpoint'];
  try {
    const { size } = verifyCheckpoint(checkpoint, trust).checkpoint;
    return size === mark ? [] : [`the checkpoint is of size ${size}, and the mark is ${mark}`];
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    return [`the checkpoint: ${errorMessage(error)}`];
  }
}

/** Of the compressed file as it is. */
async function findOfFile(path: string, { gzip }: ExportManifest): Promise<readonly string[]> {
  if (gzip === null) return [];
  const { size } = await stat(path);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer); // no encoding is asked for
  return [
    ...(size === gzip.bytes ? [] : [`the file has ${size} bytes, not ${gzip.bytes}`]),
    ...(hash.digest('hex') === gzip.sha256 ? [] : ['the file has another SHA-256']),
  ];
}

async function findOfContent(path: string, manifest: ExportManifest): Promise<readonly string[]> {
  const { format, gzip, count, sha256 } = manifest;
  const findings: string[] = [];
  const hash = createHash('sha256');
  const scanner = new RecordScanner(format);
  const places = new Places(manifest);
  let bytes = 0;
  let records = format === 'csv' ? -1 : 0; // its header
  const file = createReadStream(path);
  try {
    for await (const chunk of gzip === null ? file : file.pipe(createGunzip())) {
      hash.update(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      for (const record of scanner.scan(chunk as Buffer)) {
        if (records >= 0) places.add(records, indexOfRecord(record, format));
        records += 1;
      }
    }
  } catch (error) {
    if (gzip === null) throw error;
    findings.push(`the file cannot be decompressed: ${errorMessage(error)}`);
  }
  if (bytes !== manifest.bytes) findings.push(`there are ${bytes} bytes of content, not ${manifest.bytes}`);
  if (hash.digest('hex') !== sha256) findings.push('the content has another SHA-256');
  if (scanner.isTorn) findings.push('its last record has no end');
  if (records !== count) findings.push(`there are ${Math.max(records, 0)} events, not ${count}`);
  return [...findings, ...places.findings];
}

const MOST_FINDINGS = 20;

/** The places that an export's events say to have: each once, and between the first and the last of the manifest. */
class Places {
  readonly findings: string[] = [];
  private readonly seen: Uint8Array;

  constructor(private readonly manifest: ExportManifest) {
    this.seen = new Uint8Array(Math.ceil(manifest.mark / 8));
  }

  add(nth: number, index: number | undefined): void {
    const { firstIndex, lastIndex } = this.manifest;
    if (index === undefined || index < (firstIndex ?? Infinity) || index > (lastIndex ?? -Infinity)) {
      this.note(
        `record ${nth + 1} has ${index === undefined ? 'no index' : `the index ${index}`}, not one of the export`,
      );
      return;
    }
    const [at, bit] = [Math.floor(index / 8), 1 << (index % 8)];
    const byte = this.seen[at] ?? 0;
    if ((byte & bit) !== 0) this.note(`record ${nth + 1} has the index ${index}, which is there already`);
    this.seen[at] = byte | bit;
  }

  private note(finding: string): void {
    if (this.findings.length < MOST_FINDINGS) this.findings.push(finding);
  }
}

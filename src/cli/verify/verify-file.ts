import { readdir, stat } from 'node:fs/promises';
import type { Outcome } from '../define-command.js';
import type { VerifyCall } from './verify-options.js';

/** The file names of an archive: one of them is enough, since a tamperer may have removed the others. */
const ARCHIVE_FILE_NAMES = ['manifest', 'tiles.jsonl.gz', 'columns.parquet'];

/** Verifies, offline, the file or folder that the command line names: a proof, an archive, an export, or the copy of a stream. */
export async function verifyFile(call: VerifyCall): Promise<Outcome> {
  const [file = '', proof, ...others] = call.words;
  if (others.length > 0) call.refuse('verify accepts one path, or an event and its proof');
  if (proof !== undefined) return (await import('./verify-proof.js')).checkProof(file, proof, call);
  if (await isArchive(file)) return (await import('./verify-archive.js')).checkArchive(file, call);
  return (await import('./verify-export.js')).checkExport(file, call);
}

async function isArchive(path: string): Promise<boolean> {
  if (path === '-' || !(await stat(path)).isDirectory()) return false;
  const names = await readdir(path);
  return ARCHIVE_FILE_NAMES.some((name) => names.includes(name));
}

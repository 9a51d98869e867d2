import { open, rename, stat } from 'node:fs/promises';
import type { Cluster } from './create-cluster.js';
import { giveTo, isAbsence } from './file-system.js';

const MAX_LOG_BYTES = 10_000_000;
const TAIL_BYTES = 16_000;
const TAIL_LINES = 15;

/**
 * Makes the log file that the database's user may write, or sets a big one aside (one generation, `server.log.1`).
 *
 * @returns the size in bytes, which is where the next start's lines begin.
 */
export async function prepareLog({ logFile, user }: Cluster): Promise<number> {
  const size = await sizeOf(logFile);
  if (size > MAX_LOG_BYTES) await rename(logFile, `${logFile}.1`);
  const file = await open(logFile, 'a', 0o600);
  await file.close();
  await giveTo(user, logFile);
  return sizeOf(logFile);
}

/** The last lines that were written after `offset` bytes. */
export async function readLogTail({ logFile }: Cluster, offset = 0): Promise<string> {
  const size = await sizeOf(logFile);
  const start = Math.max(offset, size - TAIL_BYTES);
  if (size <= start) return '(nothing)';
  const file = await open(logFile, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  } finally {
    await file.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isAbsence(error)) return 0;
    throw error;
  }
}

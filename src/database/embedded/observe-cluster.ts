import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from './cluster.types.js';
import { EmbeddedFolderRefusedError } from './embedded.error.js';
import { isAbsence } from './file-system.js';
import { postmasterFilePath, readPostmasterFile, type PostmasterFile } from './postmaster-file.js';
import { findPidHolder } from './postmaster-process.js';

const EMPTY_FILE_GRACE_MS = 2_000;

/** What is found in the folder; {@link moveCluster} says what follows from each. */
export type ClusterState =
  | { kind: 'absent' }
  | { kind: 'foreign'; version: string }
  | { kind: 'stopped' }
  | { kind: 'stale'; file: PostmasterFile }
  | { kind: 'changing'; doing: 'starting' | 'stopping' }
  | { kind: 'running'; port: number };

/**
 * Looks, and changes nothing.
 *
 * @throws EmbeddedFolderRefusedError `EMBEDDED_FOLDER_REFUSED`, when the data folder holds something else.
 */
export async function observeCluster(cluster: Cluster): Promise<ClusterState> {
  const version = await readVersion(cluster.data);
  if (version === undefined) return { kind: 'absent' };
  if (version !== cluster.binaries.majorVersion) return { kind: 'foreign', version };
  const file = await readPostmasterFile(cluster.data);
  if (file === undefined) return { kind: 'stopped' };
  if (file.pid === 0)
    return (await isNew(cluster.data)) ? { kind: 'changing', doing: 'starting' } : { kind: 'stale', file };
  const holder = await findPidHolder(file.pid, [cluster.data, file.data]);
  // The server itself clears the file of a dead one, with more care than we could.
  if (holder === 'none') return { kind: 'stopped' };
  if (holder === 'other') return { kind: 'stale', file };
  if (file.status === 'ready' && file.port !== undefined) return { kind: 'running', port: file.port };
  return { kind: 'changing', doing: file.status === 'stopping' ? 'stopping' : 'starting' };
}

/** A server that starts writes its process id at once; a crash of the machine can leave the file empty for good. */
async function isNew(data: string): Promise<boolean> {
  const { mtimeMs } = await stat(postmasterFilePath(data));
  return Date.now() - mtimeMs < EMPTY_FILE_GRACE_MS;
}

async function readVersion(data: string): Promise<string | undefined> {
  try {
    return (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim();
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
  const entries = await readdir(data).catch((error: unknown) => {
    if (isAbsence(error)) return [];
    throw error;
  });
  if (entries.length > 0) throw EmbeddedFolderRefusedError.create(data, 'it holds files, but no PostgreSQL cluster');
  return undefined;
}

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from './create-cluster.js';
import { EmbeddedFolderRefusedError } from './embedded.error.js';
import { isAbsence } from './file-system.js';
import { isAlive, readPostmasterFile } from './postmaster-file.js';

/** What is found in the folder; {@link moveCluster} says what follows from each. */
export type ClusterState =
  | { kind: 'absent' }
  | { kind: 'foreign'; version: string }
  | { kind: 'stopped' }
  | { kind: 'changing'; doing: 'starting' | 'stopping' }
  | { kind: 'running'; port: number; pid: number };

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
  // PostgreSQL itself clears the file of a dead server when it starts, or refuses to.
  if (file === undefined || !isAlive(file.pid)) return { kind: 'stopped' };
  if (file.status === 'ready' && file.port !== undefined) return { kind: 'running', port: file.port, pid: file.pid };
  return { kind: 'changing', doing: file.status === 'stopping' ? 'stopping' : 'starting' };
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

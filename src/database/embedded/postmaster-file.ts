import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsence, systemCode } from './file-system.js';

/** What a server writes about itself into its data folder; while it starts, the later lines are still missing. */
export interface PostmasterFile {
  pid: number;
  port: number | undefined;
  status: 'starting' | 'ready' | 'stopping';
}

/** Where a data folder has it. */
export function postmasterFilePath(data: string): string {
  return join(data, 'postmaster.pid');
}

/** @returns undefined without one: the server was stopped in order, or is about to write it. */
export async function readPostmasterFile(data: string): Promise<PostmasterFile | undefined> {
  try {
    return parsePostmasterFile(await readFile(postmasterFilePath(data), 'utf8'));
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/**
 * Reads the lines pid, data folder, start time, port, socket folder, address, shared memory, status.
 *
 * @returns pid 0, which is not a process's, when the text has none (a crash can leave an empty file).
 */
export function parsePostmasterFile(text: string): PostmasterFile {
  const lines = text.split('\n');
  const port = Number.parseInt(lines[3] ?? '', 10);
  const status = lines[7]?.trim();
  return {
    pid: Math.abs(Number.parseInt(lines[0] ?? '', 10)) || 0,
    port: port > 0 ? port : undefined,
    status: status === 'ready' || status === 'stopping' ? status : 'starting',
  };
}

/** Whether a process has this id: the server, or after a crash possibly another one. */
export function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) === 'EPERM'; // a process of another user
  }
}

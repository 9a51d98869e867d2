import { dirname } from 'node:path';
import type { SystemUser } from './cluster.types.js';
import { runProgram } from './run-program.js';

// Asking the kernel, as that user, is right where reading mode bits is not: access lists, read-only and network mounts.
const SCRIPT = 'for p do [ -x "$p" ] || { printf %s "$p"; exit 1; }; done';

/**
 * The first path, from the root down, that the user may not pass on the way to `path` (itself included).
 *
 * @param path existing, absolute and real (no links).
 * @returns undefined when the way is free.
 */
export async function findBlockingFolder(path: string, user: SystemUser): Promise<string | undefined> {
  const way = [path];
  for (let step = path; step !== dirname(step);) way.unshift((step = dirname(step)));
  const { code, output } = await runProgram('/bin/sh', ['-c', SCRIPT, 'sh', ...way], user);
  return code === 0 ? undefined : output;
}

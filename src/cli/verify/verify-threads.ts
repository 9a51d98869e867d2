import { availableParallelism } from 'node:os';
import type { VerifyThreads } from '../../monitoring/proof/verify/sources/range-workers.js';

/** The number of threads that verify, unless a call gives another: one for each core, up to this. */
export const MAX_THREADS = 4;

/** Returns the threads that verify a ledger. The package has the file of a thread beside its other files, so this function stays in this folder. */
export function verifyThreads(count = Math.min(availableParallelism(), MAX_THREADS)): VerifyThreads {
  return { count, file: new URL('./verify-thread.js', import.meta.url) };
}

import { availableParallelism } from 'node:os';
import type { VerifyWorkers } from '../../monitoring/proof/verify/sources/range-workers.js';

/** The number of threads that verify, unless a call gives another: one for each core, up to this. */
export const MAX_WORKERS = 4;

/** Returns the threads that verify a ledger. The package has the file of a thread beside its other files, so this function stays in this folder. */
export function createVerifyWorkers(count = Math.min(availableParallelism(), MAX_WORKERS)): VerifyWorkers {
  return { count, file: new URL('./verify-thread.js', import.meta.url) };
}

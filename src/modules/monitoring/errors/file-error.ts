import { errorCode } from '../../../audit/plain.js';

/** What the system says of a disk that is full or broken, without the name of a file. */
const OF_THE_DISK: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO']);

/** Whether the disk that is written to takes no more. */
export function isDiskError(error: unknown): boolean {
  return OF_THE_DISK.has(errorCode(error) ?? '');
}

/** Whether an error is of a file or of a disk, and not of a connection. */
export function isFileError(error: unknown): boolean {
  return isDiskError(error) || (error instanceof Error && 'path' in error);
}

/** Resolves with what is read; with `undefined` where there is no file of that name. */
export async function orNone<Result>(reading: Promise<Result>): Promise<Result | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

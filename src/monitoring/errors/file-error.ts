import { errorCode } from '../../audit/nest-free.js';

const OF_THE_DISK: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO']);

/** Whether a write failed because the disk is full or broken. */
export function isDiskError(error: unknown): boolean {
  return OF_THE_DISK.has(errorCode(error) ?? '');
}

/** Whether an error comes from a file or a disk, and not from a connection. */
export function isFileError(error: unknown): boolean {
  return isDiskError(error) || (error instanceof Error && 'path' in error);
}

/** Resolves with the result of a read, or with `undefined` if the file does not exist. */
export async function orNone<Result>(reading: Promise<Result>): Promise<Result | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

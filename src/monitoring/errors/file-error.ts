import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { getErrorCode } from '../../base/errors/error-facts.js';

const DISK_ERRORS: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO']);

/** Whether a write failed because the disk is full or broken. */
export function isDiskError(error: unknown): boolean {
  return DISK_ERRORS.has(getErrorCode(error) ?? '');
}

/** Whether an error comes from a file or a disk, and not from a connection. */
export function isFileError(error: unknown): boolean {
  return isDiskError(error) || (error instanceof Error && 'path' in error);
}

/** The size of most files that a person names. */
export const MAX_FILE_BYTES = 1024 * 1024;

/**
 * Opens a file that others made. Rejects with the file system's error, or if it is not a regular file: a pipe might never end.
 *
 * @param maxBytes rejects if the file is larger
 */
async function openRegular(path: string, maxBytes = Infinity): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stat = await file.stat();
  const code = stat.isDirectory() ? 'EISDIR' : !stat.isFile() ? 'EFTYPE' : stat.size > maxBytes ? 'EFBIG' : undefined;
  if (code === undefined) return file;
  await file.close();
  const cause = code === 'EFBIG' ? `is larger than ${maxBytes} bytes` : 'is not a regular file';
  throw Object.assign(new Error(`${path} ${cause}`), { code, path });
}

/** Reads a whole file, like {@link openRegular}. */
export async function readRegular(path: string, maxBytes = MAX_FILE_BYTES): Promise<Buffer> {
  const file = await openRegular(path, maxBytes);
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Reads the bytes of a file, like {@link openRegular}. */
export async function* readChunks(
  path: string,
  part: { readonly start?: number; readonly end?: number } = {},
): AsyncGenerator<Buffer> {
  const file = await openRegular(path);
  for await (const chunk of file.createReadStream(part)) yield chunk as Buffer; // a stream without an encoding yields buffers
}

/** Resolves with the result of a read, or with `undefined` if the file does not exist. */
export async function undefinedIfMissing<Result>(reading: Promise<Result>): Promise<Result | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (getErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

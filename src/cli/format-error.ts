import { getErrorCode, getErrorMessage } from '../base/errors/error-facts.js';
import { toAuditError } from '../monitoring/store/sessions/classify-ledger-error.js';

const FILE_ERROR_TEXTS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'this user may not open it',
  EPERM: 'this user may not open it',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is a file',
  EFTYPE: 'it is not a regular file',
  EFBIG: 'it is larger than any such file',
  EEXIST: 'it exists already',
};

function describeFileError(error: unknown): string | undefined {
  const code = getErrorCode(error) ?? '';
  const seen = FILE_ERROR_TEXTS[code];
  const { path } = Object(error) as { readonly path?: unknown }; // an error of the file system has a path
  if (seen === undefined || typeof path !== 'string') return undefined;
  const remedy =
    code === 'EEXIST' ? 'Name another file, or use --force if the command has this option.' : 'Correct the path.';
  return `Cannot open ${path}: ${seen}. ${remedy}`;
}

/** Adds the path to an error of the file system, because the system's errors about folders lack the path. */
export function addFileName(error: unknown, path: string): Error {
  return Object.assign(error as Error, { path }); // `error` is an error of the file system
}

/**
 * Returns the sentence that a command prints for an error. The text of the database client's errors is replaced, because their messages may
 * contain the address with its password.
 */
export function formatCommandError(error: unknown): string {
  return describeFileError(error) ?? getErrorMessage(toAuditError(error));
}

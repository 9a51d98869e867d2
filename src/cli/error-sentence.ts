import { errorCode, errorMessage } from '../audit/plain.js';
import { explainUnlessOwn } from '../modules/monitoring/store/sessions/classify-ledger-error.js';

const SEEN: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'this user may not open it',
  EPERM: 'this user may not open it',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is a file',
  EEXIST: 'it exists already',
};

/** Describes a file error of the system in a sentence; `undefined` for other errors. */
function fileSentence(error: unknown): string | undefined {
  const code = errorCode(error) ?? '';
  const seen = SEEN[code];
  const { path } = Object(error) as { readonly path?: unknown }; // the system's error has a path
  if (seen === undefined || typeof path !== 'string') return undefined;
  const whatToDo =
    code === 'EEXIST' ? 'Name another file, or use --force if the command has this option.' : 'Correct the path.';
  return `Cannot open ${path}: ${seen}. ${whatToDo}`;
}

/** Adds the path to a file error. The system's errors about folders lack it. */
export function namingFile(error: unknown, path: string): Error {
  return Object.assign(error as Error, { path }); // of the file system
}

/**
 * Returns the sentence that a command prints for an error. Errors of the database client get another text, because their messages may
 * contain the address with its password.
 */
export function commandError(error: unknown): string {
  return fileSentence(error) ?? errorMessage(explainUnlessOwn(error));
}

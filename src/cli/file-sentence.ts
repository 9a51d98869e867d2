import { errorCode, errorMessage } from '../audit/index.js';

const SEEN: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'this user may not open it',
  EPERM: 'this user may not open it',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is a file',
  EEXIST: 'it exists already',
};

/** What a command prints for an error: of the system about a file, a sentence; else the error's own message. */
export function errorSentence(error: unknown): string {
  const code = errorCode(error) ?? '';
  const seen = SEEN[code];
  const path = error instanceof Error && 'path' in error ? error.path : undefined;
  if (seen === undefined || typeof path !== 'string') return errorMessage(error);
  const whatToDo =
    code === 'EEXIST' ? 'Name another file, or replace it by --force where the command has that.' : 'Correct the path.';
  return `Cannot open ${path}: ${seen}. ${whatToDo}`;
}

import { errorCode } from '../audit/plain.js';

const SEEN: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'this user may not open it',
  EPERM: 'this user may not open it',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is a file',
  EEXIST: 'it exists already',
};

/** A sentence for an error of the system about a file; `undefined` for others. */
export function fileSentence(error: unknown): string | undefined {
  const code = errorCode(error) ?? '';
  const seen = SEEN[code];
  const { path } = Object(error) as { readonly path?: unknown }; // the system's, with a path
  if (seen === undefined || typeof path !== 'string') return undefined;
  const whatToDo =
    code === 'EEXIST' ? 'Name another file, or replace it by --force where the command has that.' : 'Correct the path.';
  return `Cannot open ${path}: ${seen}. ${whatToDo}`;
}

/** The system's error with the path that it was about: that of a folder has none. */
export function namingFile(error: unknown, path: string): Error {
  return Object.assign(error as Error, { path }); // of the file system
}

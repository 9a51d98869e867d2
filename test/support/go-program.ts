import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The program of Go; `undefined` where it, or Debian's golang.org/x/mod, is not installed. */
export function goProgram(): string | undefined {
  if (!existsSync('/usr/share/gocode/src/golang.org/x/mod')) return undefined;
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, 'go')).find((path) => existsSync(path));
}

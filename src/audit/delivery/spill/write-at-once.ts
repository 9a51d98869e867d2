import { closeSync, fsyncSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes a new file, which is on disk when the function returns. Throws the system's error. */
export function writeSegmentAtOnce(path: string, lines: Buffer): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  withFile(path, 'ax', (file) => writeFileSync(file, lines));
  withFile(folder, 'r', () => undefined);
}

/** Works on a file, which is on disk when the function returns. Throws the system's error. */
export function withFile(path: string, flags: string, work: (file: number) => void): void {
  const file = openSync(path, flags, 0o600);
  try {
    work(file);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

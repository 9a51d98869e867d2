import { closeSync, fsyncSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Creates a folder that only its owner can read, and missing parent folders. These folders survive a power cut. Rejects with the system's
 * error.
 */
export async function makeFolder(path: string): Promise<void> {
  const parent = dirname(path);
  const first = await mkdir(parent, { recursive: true }); // with the usual access, since the parents have other users
  const made = await mkdir(path, { recursive: true, mode: 0o700 });
  if (made !== undefined) await syncFolder(parent);
  if (first === undefined) return;
  for (let folder = parent; folder.length >= first.length; folder = dirname(folder)) await syncFolder(dirname(folder));
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

/** Writes a file synchronously, to disk, and makes its folder if missing. Throws the system's error. */
export function writeFileAtOnce(path: string, content: Buffer, flags = 'ax'): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  withFile(path, flags, (file) => writeFileSync(file, content));
  withFile(folder, 'r', () => undefined);
}

function withFile(path: string, flags: string, work: (file: number) => void): void {
  const file = openSync(path, flags, 0o600);
  try {
    work(file);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes a folder for its owner only, and its parents, so that they survive a power cut. Rejects with the system's error. */
export async function makeFolder(path: string): Promise<void> {
  const parent = dirname(path);
  const first = await mkdir(parent, { recursive: true }); // the parents are not only ours
  const made = await mkdir(path, { recursive: true, mode: 0o700 });
  if (made !== undefined) await syncFolder(parent);
  if (first === undefined) return;
  for (let folder = parent; folder.length >= first.length; folder = dirname(folder)) await syncFolder(dirname(folder));
}

/** Syncs a folder's entries to disk. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

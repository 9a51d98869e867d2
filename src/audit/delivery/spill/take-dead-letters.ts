import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { claimFile } from './abandoned-files.js';
import { decodeDeadLetter, encodeDeadLetter, type KeptDeadLetter } from './kept-event.js';
import { readDeadLetters } from './read-dead-letters.js';
import { inBlocks, SegmentWriter } from './segment-writer.js';
import { setAside } from './set-aside.js';
import { corruptName, newName } from './spill-file.js';
import type { SpillLines } from './spill-line.js';
import { FolderSurveyor } from './survey-folder.js';

interface Claimed {
  readonly path: string;
  readonly uuid: string;
  readonly letters: readonly KeptDeadLetter[];
  readonly brokenLines: number;
}

/**
 * Removes dead letters from a folder once `keep` has stored them elsewhere. Their files are claimed first, as a replay claims segments, so
 * that letters that an application buries meanwhile are neither lost nor taken by mistake. After a crash on the way, letters may be in both
 * places.
 */
export async function takeDeadLetters(
  folder: string,
  lines: SpillLines,
  isWanted: (letter: KeptDeadLetter) => boolean,
  keep: (letters: readonly KeptDeadLetter[]) => Promise<void>,
): Promise<void> {
  const { deadLetters } = await new FolderSurveyor(folder, lines).survey();
  const claimed: Claimed[] = [];
  for (const { path: found, uuid } of deadLetters) {
    if (!(await readDeadLetters(found, lines)).letters.some(isWanted)) continue;
    const path = join(folder, newName('dead'));
    if (await claimFile(found, path)) claimed.push({ path, uuid, ...(await readDeadLetters(path, lines)) });
  }
  await keep(claimed.flatMap(({ letters }) => letters.filter(isWanted)));
  const writer = new SegmentWriter(folder, () => newName('dead'));
  const others = claimed.flatMap(({ letters }) => letters.filter((letter) => !isWanted(letter)));
  await Promise.all(
    inBlocks(others.map((letter) => encodeDeadLetter(lines, letter))).map((block) => writer.append(block)),
  );
  await writer.rotate();
  for (const { path, uuid, brokenLines } of claimed) {
    if (brokenLines > 0) await setBrokenLinesAside(path, lines, join(folder, corruptName(uuid)));
    await unlink(path);
  }
}

async function setBrokenLinesAside(path: string, lines: SpillLines, corruptPath: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await setAside(file, corruptPath, (line) => decodeDeadLetter(lines, line) === undefined);
  } finally {
    await file.close();
  }
}

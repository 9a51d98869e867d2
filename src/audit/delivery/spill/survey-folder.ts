import { keyOf, readDeadLetters } from './dead-letter.js';
import { listFiles, type FoundFile } from './abandoned-files.js';
import { countLines } from './read-lines.js';
import type { SpillLines } from './spill-line.js';
import type { SegmentName } from './spill-file.js';

export interface SegmentFile extends FoundFile {
  readonly parsed: SegmentName;
}

interface ReadFile {
  readonly path: string;
  readonly bytes: number;
  /** The backend of each dead letter, by the letter's key. */
  readonly letters: ReadonlyMap<string, string>;
  readonly brokenLines: number;
}

export interface Survey {
  /** The size of all files in the folder. */
  readonly bytes: number;
  /** The segments, oldest first. */
  readonly segments: readonly SegmentFile[];
  readonly deadLetters: readonly ReadFile[];
  readonly corrupt: readonly ReadFile[];
  readonly corruptLines: number;
}

/**
 * Surveys a folder; a missing folder is empty. Reads only the files whose size has changed since the last survey. Rejects with the system's
 * error when the folder cannot be listed.
 */
export async function surveyFolder(folder: string, lines: SpillLines, last?: Survey): Promise<Survey> {
  const known = last ? [...last.deadLetters, ...last.corrupt] : [];
  const segments: SegmentFile[] = [];
  const deadLetters: ReadFile[] = [];
  const corrupt: ReadFile[] = [];
  let allBytes = 0;
  for (const file of await listFiles(folder)) {
    const { path, parsed, bytes } = file;
    allBytes += bytes;
    const same = known.find((each) => each.path === path && each.bytes === bytes);
    if (parsed?.kind === 'segment') segments.push({ ...file, parsed });
    else if (parsed?.kind === 'dead') deadLetters.push(same ?? (await readLetters(path, bytes, lines)));
    else if (parsed?.kind === 'corrupt')
      corrupt.push(same ?? { path, bytes, letters: new Map(), brokenLines: await countLines(path) });
  }
  return {
    bytes: allBytes,
    segments: segments.sort((one, other) => (one.parsed.uuid < other.parsed.uuid ? -1 : 1)),
    deadLetters,
    corrupt,
    corruptLines: [...deadLetters, ...corrupt].reduce((sum, { brokenLines }) => sum + brokenLines, 0),
  };
}

async function readLetters(path: string, bytes: number, lines: SpillLines): Promise<ReadFile> {
  const { letters, brokenLines } = await readDeadLetters(path, lines);
  return { path, bytes, brokenLines, letters: new Map(letters.map((letter) => [keyOf(letter), letter.backend])) };
}

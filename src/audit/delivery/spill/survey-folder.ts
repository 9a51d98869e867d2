import { keyOf, readDeadLetters } from './kept-event.js';
import { listFiles, type FoundFile } from './left-alone.js';
import { countLines } from './read-lines.js';
import type { SpillLines } from './spill-line.js';
import type { SegmentName } from './spill-file.js';

/** A file of events. */
export interface SegmentFile extends FoundFile {
  readonly parsed: SegmentName;
}

/** A file of dead letters or of broken lines. */
interface ReadFile {
  readonly path: string;
  readonly bytes: number;
  /** The backend of each dead letter, by backend and id. */
  readonly letters: ReadonlyMap<string, string>;
  readonly brokenLines: number;
}

/** The content of a spill folder. */
export interface Survey {
  readonly bytes: number;
  /** Oldest first. */
  readonly segments: readonly SegmentFile[];
  readonly deadLetters: readonly ReadFile[];
  readonly corruptLines: number;
}

/** Surveys a folder repeatedly; of the files whose content it needs, it reads only those that changed. */
export class FolderSurveyor {
  private known: readonly ReadFile[] = [];

  constructor(
    private readonly folder: string,
    private readonly lines: SpillLines,
  ) {}

  /** Surveys the folder; one that does not exist is empty. Rejects with the system's error when it cannot be listed. */
  async survey(): Promise<Survey> {
    const segments: SegmentFile[] = [];
    const deadLetters: ReadFile[] = [];
    const corrupt: ReadFile[] = [];
    let allBytes = 0;
    for (const file of await listFiles(this.folder)) {
      const { path, parsed, bytes } = file;
      if (parsed?.kind === 'lost' || parsed?.kind === 'counted') continue; // small, and written even when the spill is full
      allBytes += bytes;
      const known = this.known.find((each) => each.path === path && each.bytes === bytes);
      if (parsed?.kind === 'segment') segments.push({ ...file, parsed });
      else if (parsed?.kind === 'dead') deadLetters.push(known ?? { path, bytes, ...(await this.lettersIn(path)) });
      else if (parsed?.kind === 'corrupt')
        corrupt.push(known ?? { path, bytes, letters: new Map(), brokenLines: await countLines(path) });
    }
    this.known = [...deadLetters, ...corrupt];
    return {
      bytes: allBytes,
      segments: segments.sort((one, other) => (one.parsed.uuid < other.parsed.uuid ? -1 : 1)),
      deadLetters,
      corruptLines: this.known.reduce((sum, { brokenLines }) => sum + brokenLines, 0),
    };
  }

  private async lettersIn(path: string): Promise<Pick<ReadFile, 'letters' | 'brokenLines'>> {
    const { letters, brokenLines } = await readDeadLetters(path, this.lines);
    return { brokenLines, letters: new Map(letters.map((letter) => [keyOf(letter), letter.backend])) };
  }
}

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { listFolder } from './abandoned-files.js';
import { readDeadLetters, type DeadLetterKey } from './read-dead-letters.js';
import { countLines } from './read-lines.js';
import type { SpillLines } from './spill-line.js';
import { parseName, type SegmentName } from './spill-file.js';

/** A file of events. */
export interface SegmentFile {
  readonly path: string;
  readonly segment: SegmentName;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** A file of dead letters. */
export interface DeadLettersFile {
  readonly path: string;
  readonly uuid: string;
  readonly bytes: number;
  readonly keys: readonly DeadLetterKey[];
  readonly brokenLines: number;
}

/** The content of a spill folder. */
export interface Survey {
  /** The size of all the folder's files. */
  readonly bytes: number;
  /** Oldest first. */
  readonly segments: readonly SegmentFile[];
  readonly deadLetters: readonly DeadLettersFile[];
  readonly corruptLines: number;
}

/** Surveys a folder repeatedly; of the files whose content it needs, it reads only those that changed. */
export class FolderSurveyor {
  private deadByPath = new Map<string, DeadLettersFile>();
  private corruptByPath = new Map<string, { readonly bytes: number; readonly lines: number }>();

  constructor(
    private readonly folder: string,
    private readonly lines: SpillLines,
  ) {}

  /** Surveys the folder; one that does not exist is empty. Rejects with the system's error when it cannot be listed. */
  async survey(): Promise<Survey> {
    const dead = new Map<string, DeadLettersFile>();
    const corrupt = new Map<string, { readonly bytes: number; readonly lines: number }>();
    const segments: SegmentFile[] = [];
    let allBytes = 0;
    for (const name of await listFolder(this.folder)) {
      const path = join(this.folder, name);
      const facts = await stat(path).catch(() => undefined); // it may be gone by now
      if (!facts) continue;
      const bytes = facts.isFile() ? facts.size : 0;
      const parsed = parseName(name);
      if (parsed?.kind === 'lost' || parsed?.kind === 'counted') continue; // small, and written even when the spill is full
      allBytes += bytes;
      if (parsed?.kind === 'segment') {
        segments.push({ path, segment: parsed.segment, bytes, modifiedMs: facts.mtimeMs });
      } else if (parsed?.kind === 'dead') {
        const known = this.deadByPath.get(path);
        dead.set(path, known?.bytes === bytes ? known : await surveyDeadLetters(path, this.lines, parsed.uuid, bytes));
      } else if (parsed?.kind === 'corrupt') {
        const known = this.corruptByPath.get(path);
        corrupt.set(path, known?.bytes === bytes ? known : { bytes, lines: await countLines(path) });
      }
    }
    this.deadByPath = dead;
    this.corruptByPath = corrupt;
    const broken = [...corrupt.values()].map(({ lines }) => lines);
    const brokenDead = [...dead.values()].map(({ brokenLines }) => brokenLines);
    return {
      bytes: allBytes,
      segments: segments.sort(byAge),
      deadLetters: [...dead.values()],
      corruptLines: [...broken, ...brokenDead].reduce((sum, lines) => sum + lines, 0),
    };
  }
}

function byAge({ segment: { uuid: first } }: SegmentFile, { segment: { uuid: second } }: SegmentFile): number {
  return first < second ? -1 : first > second ? 1 : 0;
}

/** Reads the dead letters of a file, and keeps only the fields that distinguish them. */
async function surveyDeadLetters(
  path: string,
  lines: SpillLines,
  uuid: string,
  bytes: number,
): Promise<DeadLettersFile> {
  const { letters, brokenLines } = await readDeadLetters(path, lines);
  return { path, uuid, bytes, brokenLines, keys: letters.map(({ backend, event: { id } }) => ({ backend, id })) };
}

import { decodeDeadLetter, type KeptDeadLetter } from './kept-event.js';
import { readEachLine } from './read-lines.js';
import type { SpillLines } from './spill-line.js';

/** The fields that distinguish dead letters. */
export interface DeadLetterKey {
  readonly backend: string;
  /** The event's id. */
  readonly id: string;
}

/** Reads the letters of a file, and counts its lines that are not letters; a file that cannot be read counts as one line. Never rejects. */
export async function readDeadLetters(
  path: string,
  lines: SpillLines,
): Promise<{ readonly letters: readonly KeptDeadLetter[]; readonly brokenLines: number }> {
  const letters: KeptDeadLetter[] = [];
  let brokenLines = 0;
  const readable = await readEachLine(path, (line) => {
    const letter = decodeDeadLetter(lines, line);
    if (letter) letters.push(letter);
    else brokenLines++;
  });
  return { letters, brokenLines: readable ? brokenLines : 1 };
}

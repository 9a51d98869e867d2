import { readFile } from 'node:fs/promises';

/** Behind the signatures of a note. */
const NOTE_ENDS = /(?<=\n\u2014 [^\n]+\n)\n+/u;
/** Of 68 bytes: the id of a key, and what it made. */
const ENDS_WHOLE = /\n\u2014 [^ \n]+ [A-Za-z0-9+/]{90}[A-Za-z0-9+/=]{2}\n$/u;

/**
 * The signed checkpoints of files: of one note each, or as the application appends them to its file, an empty line behind each.
 * Rejects with the system's error for a file that cannot be read.
 */
export async function readPublishedNotes(paths: readonly string[]): Promise<readonly string[]> {
  const files = await Promise.all(paths.map(async (path) => splitNotes(await readFile(path, 'utf8'))));
  return files.flat();
}

/** The notes of a text. What a crash cut off in front of another note is left out; a single one is given as it is. */
export function splitNotes(text: string): readonly string[] {
  const pieces = text.split(NOTE_ENDS).filter((piece) => piece !== '');
  if (pieces.length <= 1 && !text.endsWith('\n\n')) return [text];
  return pieces.filter((piece, nth) => nth === pieces.length - 1 || ENDS_WHOLE.test(piece)).map(lastNote);
}

/** A checkpoint has no empty line: what is in front of the last one but its own was cut off. */
function lastNote(piece: string): string {
  return piece
    .split(/\n{2,}/)
    .slice(-2)
    .join('\n\n');
}

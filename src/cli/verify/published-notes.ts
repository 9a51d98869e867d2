import { splitNotes } from '../../monitoring/operate/publishing/note-file.js';
import { readInput } from '../read-input.js';

/** A file may have the notes of years. */
const MAX_NOTES_BYTES = 16 * 1024 * 1024;

/**
 * Reads the signed checkpoints in files. A file contains one note, or several notes with an empty line after each. If a file is unreadable,
 * rejects with the system's error.
 */
export async function readPublishedNotes(paths: readonly string[]): Promise<readonly string[]> {
  const files = await Promise.all(paths.map(async (path) => splitNotes(await readInput(path, MAX_NOTES_BYTES))));
  return files.flat();
}

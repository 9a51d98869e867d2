import { splitNotes } from '../modules/monitoring/publishing/note-file.js';
import { readInput } from './read-input.js';

/**
 * Reads the signed checkpoints in files. A file has one note, or several with an empty line after each. Rejects with the system's error for
 * an unreadable file.
 */
export async function readPublishedNotes(paths: readonly string[]): Promise<readonly string[]> {
  const files = await Promise.all(paths.map(async (path) => splitNotes(await readInput(path))));
  return files.flat();
}

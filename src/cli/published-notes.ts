import { splitNotes } from '../modules/monitoring/publishing/note-file.js';
import { readInput } from './read-input.js';

/**
 * Reads the signed checkpoints in files: files of one note each, or the application's file, with an empty line after each note. Rejects
 * with the system's error for a file that cannot be read.
 */
export async function readPublishedNotes(paths: readonly string[]): Promise<readonly string[]> {
  const files = await Promise.all(paths.map(async (path) => splitNotes(await readInput(path))));
  return files.flat();
}

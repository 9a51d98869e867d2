import { splitNotes } from '../modules/monitoring/publishing/note-file.js';
import { readInput } from './read-input.js';

/**
 * The signed checkpoints of files: of one note each, or as the application appends them to its file, an empty line behind each.
 * Rejects with the system's error for a file that cannot be read.
 */
export async function readPublishedNotes(paths: readonly string[]): Promise<readonly string[]> {
  const files = await Promise.all(paths.map(async (path) => splitNotes(await readInput(path))));
  return files.flat();
}

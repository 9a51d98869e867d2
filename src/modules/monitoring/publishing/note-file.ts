import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../../../audit/plain.js';

/** Matches the end of a note, after its signatures. */
const NOTE_ENDS = /(?<=\n\u2014 [^\n]+\n)\n+/u;
/** Matches a complete last signature of 68 bytes: the id of a key, and its signature. */
const ENDS_WHOLE = /\n\u2014 [^ \n]+ [A-Za-z0-9+/]{90}[A-Za-z0-9+/=]{2}\n$/u;

/**
 * Appends a signed note and an empty line to a file, and creates the file if it is missing. On disk when it resolves. It does not repeat
 * the file's last note. Rejects with the system's error.
 *
 * @param mode of a new file
 */
export async function appendNote(path: string, note: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a+', mode);
  try {
    const tail = await readTail(file, Buffer.byteLength(note) + 1);
    if (tail === `${note}\n`) return;
    // Ends a note that a crash or a full disk cut off, so that it does not spoil the next one.
    const isCut = tail !== '' && !tail.endsWith('\n\n');
    await file.appendFile(`${isCut ? '\n\n' : ''}${note}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(dirname(path)); // keeps a new file after a power cut
}

/** Splits a text into its notes. It drops a note that a crash cut off before another one; a single note is returned unchanged. */
export function splitNotes(text: string): readonly string[] {
  const pieces = text.split(NOTE_ENDS).filter((piece) => piece !== '');
  if (pieces.length <= 1 && !text.endsWith('\n\n')) return [text];
  return pieces.filter((piece, nth) => nth === pieces.length - 1 || ENDS_WHOLE.test(piece)).map(lastNote);
}

/** A checkpoint has no empty line, so everything before its own last empty line is a note that was cut off. */
function lastNote(piece: string): string {
  return piece
    .split(/\n{2,}/)
    .slice(-2)
    .join('\n\n');
}

async function readTail(file: FileHandle, bytes: number): Promise<string> {
  const { size } = await file.stat();
  const start = Math.max(size - bytes, 0);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
  return buffer.toString('utf8', 0, bytesRead);
}

import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../../../audit/plain.js';

/** Behind the signatures of a note. */
const NOTE_ENDS = /(?<=\n\u2014 [^\n]+\n)\n+/u;
/** Of 68 bytes: the id of a key, and what it made. */
const ENDS_WHOLE = /\n\u2014 [^ \n]+ [A-Za-z0-9+/]{90}[A-Za-z0-9+/=]{2}\n$/u;

/**
 * Appends a signed note and an empty line to a file, which is made when it is missing. On disk when it resolves. A note that is
 * the file's last already is not repeated. Rejects with the system's error.
 *
 * @param mode of a file that is made
 */
export async function appendNote(path: string, note: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a+', mode);
  try {
    const tail = await readTail(file, Buffer.byteLength(note) + 1);
    if (tail === `${note}\n`) return;
    // What a crash or a full disk cut off ends there, and does not spoil the note behind it.
    const isCut = tail !== '' && !tail.endsWith('\n\n');
    await file.appendFile(`${isCut ? '\n\n' : ''}${note}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(dirname(path)); // so that a file that was just made is there after a power cut
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

async function readTail(file: FileHandle, bytes: number): Promise<string> {
  const { size } = await file.stat();
  const start = Math.max(size - bytes, 0);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
  return buffer.toString('utf8', 0, bytesRead);
}

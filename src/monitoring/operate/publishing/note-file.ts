import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '../../../base/sync-folder.js';

/** Matches the newlines after a note's last signature. */
const NOTE_ENDS = /(?<=\n\u2014 [^\n]+\n)\n+/u;
/** Matches a complete last signature of 68 bytes: the id of a key, and the key's signature. */
const COMPLETE_END = /\n\u2014 [^ \n]+ [A-Za-z0-9+/]{90}[A-Za-z0-9+/=]{2}\n$/u;

/**
 * Appends a signed note and an empty line to a file, which is created if it is missing. Does nothing if the file already ends with the
 * note. The note is on disk when the promise resolves. Rejects with the error of the file system.
 *
 * @param mode the mode of a new file
 */
export async function appendNote(path: string, note: string, mode = 0o644): Promise<void> {
  const file = await openNotes(path, mode);
  try {
    const tail = await readTail(file, Buffer.byteLength(note) + 1);
    if (tail === `${note}\n`) return;
    // A crash or a full disk may have truncated the last note. Two newlines then separate the truncated note from the next note.
    const isCut = tail !== '' && !tail.endsWith('\n\n');
    await file.appendFile(`${isCut ? '\n\n' : ''}${note}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(dirname(path)); // makes the directory entry of a new file durable
}

/** Opens a file of notes for {@link appendNote}, and creates a missing file. Rejects with the error of the file system. */
export async function openNotes(path: string, mode: number): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true });
  return open(path, 'a+', mode);
}

/** Splits a text into its notes. Drops a note that a crash cut off, if another note follows. Returns a single note unchanged. */
export function splitNotes(text: string): readonly string[] {
  const pieces = text.split(NOTE_ENDS).filter((piece) => piece !== '');
  if (pieces.length <= 1 && !text.endsWith('\n\n')) return [text];
  return pieces.filter((piece, nth) => nth === pieces.length - 1 || COMPLETE_END.test(piece)).map(findLastNote);
}

/** A note has one empty line, so its text and signatures are the last two parts. */
function findLastNote(piece: string): string {
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

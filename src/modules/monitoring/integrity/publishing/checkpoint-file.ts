import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CheckpointDestination, PublishableCheckpoint } from './checkpoint-destination.js';

/** A file of signed notes with an empty line behind each. It is only appended to. */
export class CheckpointFile implements CheckpointDestination {
  readonly name = 'file';
  readonly isIdempotent = true;

  constructor(private readonly path: string) {}

  /** On disk when it resolves. A note that is the file's last already is not repeated. Rejects with the system's error. */
  async send({ note }: PublishableCheckpoint): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    const file = await open(this.path, 'a+', 0o644);
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
    await syncFolder(dirname(this.path));
  }
}

async function readTail(file: FileHandle, bytes: number): Promise<string> {
  const { size } = await file.stat();
  const start = Math.max(size - bytes, 0);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
  return buffer.toString('utf8', 0, bytesRead);
}

/** So that a file that was just made is there after a power cut. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

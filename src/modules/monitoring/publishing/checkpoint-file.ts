import type { CheckpointDestination, PublishableCheckpoint } from './checkpoint-destination.js';
import { appendNote } from './note-file.js';

/** A file of signed notes, each followed by an empty line. It is only appended to. */
export class CheckpointFile implements CheckpointDestination {
  readonly name = 'file';
  readonly isIdempotent = true;

  constructor(private readonly path: string) {}

  /** Appends the checkpoint; on disk when it resolves. It does not repeat the file's last note. Rejects with the system's error. */
  async send({ note }: PublishableCheckpoint): Promise<void> {
    await appendNote(this.path, note);
  }
}

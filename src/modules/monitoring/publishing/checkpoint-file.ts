import type { CheckpointDestination, PublishableCheckpoint } from './checkpoint-destination.js';
import { appendNote } from './note-file.js';

/** A file of signed notes with an empty line behind each. It is only appended to. */
export class CheckpointFile implements CheckpointDestination {
  readonly name = 'file';
  readonly isIdempotent = true;

  constructor(private readonly path: string) {}

  /** On disk when it resolves. A note that is the file's last already is not repeated. Rejects with the system's error. */
  async send({ note }: PublishableCheckpoint): Promise<void> {
    await appendNote(this.path, note);
  }
}

import { link, open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { errorCode } from '../../../../audit/index.js';

/**
 * The file beside the key that keeps the last checkpoint which was signed with it, as the signed note: what the database
 * cannot forget, since it does not have it.
 */
export class LastSignedFile {
  constructor(readonly path: string) {}

  /** The note; `undefined` before the first one. Rejects with the system's error. */
  async read(): Promise<string | undefined> {
    try {
      return await readFile(this.path, 'utf8');
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** On disk when it resolves; a crash leaves the old note or the new one. Rejects with the system's error. */
  async write(note: string): Promise<void> {
    const draft = `${this.path}.${process.pid}`;
    const file = await open(draft, 'w', 0o600);
    try {
      await file.writeFile(note);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(draft, this.path);
  }

  /** When it was written. Rejects with the system's error. */
  async writtenAt(): Promise<Date> {
    return (await stat(this.path)).mtime;
  }

  /**
   * Puts another note, or none, in the place of this one, which is kept beside it. Resolves with where. Rejects with the
   * system's error.
   */
  async replace(note: string | undefined, keptName: string): Promise<string> {
    const kept = `${this.path}.${keptName}`;
    await link(this.path, kept);
    await (note === undefined ? unlink(this.path) : this.write(note));
    return kept;
  }
}

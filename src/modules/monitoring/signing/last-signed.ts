import { link, readFile, rename, writeFile } from 'node:fs/promises';
import { errorMessage } from '../../../audit/plain.js';
import { orNone } from '../errors/file-error.js';
import { SigningKeyInvalidError } from './signing.error.js';

/** The file beside the key that contains the last checkpoint the key signed. A restore of the database does not change this file. */
export class LastSignedFile {
  readonly path: string;

  constructor(signingKeyFile: string) {
    this.path = `${signingKeyFile}.last`;
  }

  /** Reads the note; `undefined` before the first checkpoint. @throws SigningKeyInvalidError (`AUDIT_SIGNING_KEY_INVALID`) */
  async read(): Promise<string | undefined> {
    return orNone(readFile(this.path, 'utf8')).catch((error: unknown) => {
      throw new SigningKeyInvalidError(this.path, errorMessage(error), error);
    });
  }

  /**
   * Writes the note, which is on disk when the promise resolves. After a crash, the file contains the old note or the new one.
   *
   * @throws SigningKeyInvalidError (`AUDIT_SIGNING_KEY_INVALID`) when the file cannot be written
   */
  async write(note: string): Promise<void> {
    const draft = `${this.path}.${process.pid}`;
    try {
      await writeFile(draft, note, { mode: 0o600, flush: true });
      await rename(draft, this.path);
    } catch (error) {
      throw new SigningKeyInvalidError(this.path, errorMessage(error), error);
    }
  }

  /** Copies the note to a second file, which later writes do not change. Resolves with the copy's path. Rejects with the system's error. */
  async keep(keptName: string): Promise<string> {
    const kept = `${this.path}.${keptName}`;
    await link(this.path, kept);
    return kept;
  }
}

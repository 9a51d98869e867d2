import { link, readFile, rename, writeFile } from 'node:fs/promises';
import { errorMessage } from '../../../audit/plain.js';
import { orNone } from '../errors/file-error.js';
import { SigningKeyInvalidError } from './signing.error.js';

/**
 * The file beside the key file. The file contains the last checkpoint that the key file signed. A restore of the database does not change
 * this file.
 */
export class LastSignedFile {
  readonly path: string;

  constructor(signingKeyFile: string) {
    this.path = `${signingKeyFile}.last`;
  }

  /**
   * Reads the last signed checkpoint. Resolves with `undefined` before the first checkpoint. @throws SigningKeyInvalidError
   * (`AUDIT_SIGNING_KEY_INVALID`)
   */
  async read(): Promise<string | undefined> {
    return orNone(readFile(this.path, 'utf8')).catch((error: unknown) => {
      throw new SigningKeyInvalidError(this.path, errorMessage(error), error);
    });
  }

  /**
   * Replaces the checkpoint in the file. When the promise resolves, the new checkpoint is on disk. After a crash, the file contains either
   * the old or the new checkpoint.
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

  /**
   * Copies the checkpoint to a second file. Later calls of {@link write} do not change the second file. Resolves with the copy's path.
   * Rejects with the error of the file system.
   */
  async keep(keptName: string): Promise<string> {
    const kept = `${this.path}.${keptName}`;
    await link(this.path, kept);
    return kept;
  }
}

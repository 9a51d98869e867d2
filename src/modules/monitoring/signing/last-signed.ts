import { link, readFile, rename, writeFile } from 'node:fs/promises';
import { errorCode, errorMessage } from '../../../audit/plain.js';
import { SigningKeyInvalidError } from './signing.error.js';

/**
 * The file beside the key that keeps the last checkpoint which was signed with it, as the signed note: what the database
 * cannot forget, since it does not have it.
 */
export class LastSignedFile {
  readonly path: string;

  constructor(signingKeyFile: string) {
    this.path = `${signingKeyFile}.last`;
  }

  /** The note; `undefined` before the first one. @throws SigningKeyInvalidError (`AUDIT_SIGNING_KEY_INVALID`) */
  async read(): Promise<string | undefined> {
    try {
      return await readFile(this.path, 'utf8');
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw new SigningKeyInvalidError(this.path, errorMessage(error), error);
    }
  }

  /**
   * On disk when it resolves; a crash leaves the old note or the new one.
   *
   * @throws SigningKeyInvalidError (`AUDIT_SIGNING_KEY_INVALID`) when it cannot be written
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

  /** Keeps the note beside this one, whatever is written later. Resolves with where. Rejects with the system's error. */
  async keep(keptName: string): Promise<string> {
    const kept = `${this.path}.${keptName}`;
    await link(this.path, kept);
    return kept;
  }
}

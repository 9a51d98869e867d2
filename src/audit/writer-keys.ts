import { createHmac, randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { getErrorCode, getErrorMessage } from '../base/errors/error-facts.js';
import { makeSecretFile } from '../base/make-secret-file.js';
import { readTextFile } from '../base/text-file.js';

export const WRITER_KEY_FILE = '.data/writer.key';
export const MIN_KEY_LENGTH = 32;

/**
 * The keys that sign what a process records. The first key signs, and every key verifies. Each purpose has derived keys (HMAC-SHA-256), so
 * that a signature for one purpose is invalid for another.
 */
export class WriterKeys {
  private readonly file = resolve(WRITER_KEY_FILE);
  /** Whether the keys are not in the key file. */
  readonly isConfigured: boolean;

  /** @param known the option `writerKey`; an empty list uses the key file */
  constructor(private known: readonly string[]) {
    this.isConfigured = known.length > 0;
  }

  /** Makes a missing key file. Rejects with the system's error when the file cannot be read or made. */
  async make(): Promise<void> {
    try {
      this.read();
    } catch (error) {
      if (getErrorCode(error) !== 'ENOENT') throw error;
      await makeSecretFile(this.file, randomBytes(32).toString('base64url'));
      this.read();
    }
  }

  /** Returns the keys for a purpose; the first key signs. Throws the system's error when the key file cannot be read. */
  for(purpose: string): readonly Buffer[] {
    return this.read().map((key) => createHmac('sha256', key).update(purpose).digest());
  }

  /** Returns why the keys cannot be read; `undefined` if they can be read. */
  get problem(): string | undefined {
    try {
      this.read();
      return undefined;
    } catch (error) {
      return getErrorCode(error) === 'ENOENT' ? `the key file ${this.file} is missing` : getErrorMessage(error);
    }
  }

  private read(): readonly string[] {
    if (this.known.length > 0) return this.known;
    const key = readTextFile(this.file).trim();
    if (key.length < MIN_KEY_LENGTH)
      throw new Error(`the key file ${this.file} has fewer than ${MIN_KEY_LENGTH} characters`);
    return (this.known = [key]);
  }
}

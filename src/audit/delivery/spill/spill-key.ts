import { randomBytes, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errorCode } from '../../errors/error-facts.js';

/** Fewest characters of a key. */
const MIN_SPILL_KEY_LENGTH = 32;

/** What the lines of a spill are signed with: the given keys, of which the first signs, or else that of the file beside the folder. */
export class SpillKey {
  private known: readonly [string, ...string[]] | undefined;

  /** @param keyFile where the key is kept when none is given */
  private constructor(
    given: readonly string[],
    private readonly keyFile: string,
    private readonly makes: boolean,
  ) {
    const [first, ...others] = given;
    if (first !== undefined) this.known = [first, ...others];
  }

  /** The key of an application. Without a given key or an existing file, it makes the file, for this user alone. */
  static forApplication(folder: string, given: readonly string[]): SpillKey {
    return new SpillKey(given, keyFileOf(folder), true);
  }

  /** Of a command: nothing is made. */
  static forCommand(folder: string, given: readonly string[]): SpillKey {
    return new SpillKey(given, keyFileOf(folder), false);
  }

  /** The keys, of which the first signs. Throws the system's error when the file cannot be read or made. */
  all(): readonly [string, ...string[]] {
    return (this.known ??= [this.read()]);
  }

  private read(): string {
    try {
      return readKey(this.keyFile);
    } catch (error) {
      if (!this.makes || errorCode(error) !== 'ENOENT') throw error;
    }
    makeKey(this.keyFile);
    return readKey(this.keyFile);
  }
}

/** Beside the folder, not in it: anyone who may only write into the folder cannot read it. */
function keyFileOf(folder: string): string {
  return `${resolve(folder)}.key`;
}

function readKey(path: string): string {
  const key = readFileSync(path, 'utf8').trim();
  if (key.length >= MIN_SPILL_KEY_LENGTH) return key;
  throw new Error(`the key file ${path} has fewer than ${MIN_SPILL_KEY_LENGTH} characters`);
}

/** Of several processes that do so at once, one does. The file is whole as soon as it is there. */
function makeKey(path: string): void {
  const draft = `${path}.${randomUUID()}`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
}

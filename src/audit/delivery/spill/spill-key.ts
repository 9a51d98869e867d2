import { randomBytes, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errorCode } from '../../errors/error-facts.js';

/** Fewest characters of a key. */
const MIN_SPILL_KEY_LENGTH = 32;

/** The keys of a spill's lines: the given ones, of which the first signs, or else that of the file beside the folder. */
export class SpillKey {
  private known: readonly [string, ...string[]] | undefined;

  /** @param keyFile the file of the key if none is given */
  private constructor(
    given: readonly string[],
    private readonly keyFile: string,
    private readonly makes: boolean,
  ) {
    const [first, ...others] = given;
    if (first !== undefined) this.known = [first, ...others];
  }

  /** Returns the key of an application. Without a given key or an existing file, it makes the file, readable for this user only. */
  static forApplication(folder: string, given: readonly string[]): SpillKey {
    return new SpillKey(given, keyFileOf(folder), true);
  }

  /** Returns the key for a command; it makes no file. */
  static forCommand(folder: string, given: readonly string[]): SpillKey {
    return new SpillKey(given, keyFileOf(folder), false);
  }

  /** Returns the keys, of which the first signs. Throws the system's error when the file cannot be read or made. */
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

/** Returns the path beside the folder, not in it: a process that may only write into the folder cannot read it. */
function keyFileOf(folder: string): string {
  return `${resolve(folder)}.key`;
}

function readKey(path: string): string {
  const key = readFileSync(path, 'utf8').trim();
  if (key.length >= MIN_SPILL_KEY_LENGTH) return key;
  throw new Error(`the key file ${path} has fewer than ${MIN_SPILL_KEY_LENGTH} characters`);
}

/** Makes the key file. If several processes try at once, one succeeds. The file is complete as soon as it exists. */
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

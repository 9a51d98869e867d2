import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorCode, errorMessage } from '../../errors/error-facts.js';
import { parseJson } from '../../event/parse-json.js';
import { makeSecretFile } from '../../make-secret-file.js';
import { auditErrors } from '../../errors/audit.errors.js';

const MAC = /^[\w-]{43} $/;
const MAC_LENGTH = 44;
const MIN_KEY_LENGTH = 32;

/**
 * Encodes the lines of the spill files: an HMAC-SHA-256 in base64url, a space, JSON, and a line feed. The HMAC includes the line's purpose.
 * So a line is invalid in another kind of file, or in a file of another provider.
 */
export class SpillLines {
  /** The key file is beside the folder, not in it, so that a process with access only to the folder cannot read the key. */
  private readonly keyFile: string;

  /** @param known the keys; the first key signs. An empty list uses the key file beside the folder. */
  constructor(
    folder: string,
    private known: readonly string[],
  ) {
    this.keyFile = `${resolve(folder)}.key`;
  }

  /** Returns the encoder for a command. @throws `AUDIT_SPILL_REQUEST_INVALID` if the key is missing */
  static forCommand(folder: string, keys: readonly string[]): SpillLines {
    const lines = new SpillLines(folder, keys);
    try {
      lines.keys();
    } catch (error) {
      const isMissing = errorCode(error) === 'ENOENT';
      const seen = isMissing ? `the key file ${lines.keyFile} is missing` : errorMessage(error);
      throw auditErrors.AUDIT_SPILL_REQUEST_INVALID.noKey(folder, seen);
    }
    return lines;
  }

  /** Makes a missing key file. Rejects with the system's error when the file cannot be read or made. */
  async makeKey(): Promise<void> {
    try {
      this.keys();
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      await makeSecretFile(this.keyFile, randomBytes(32).toString('base64url'));
      this.keys();
    }
  }

  /** Returns the keys; the first key signs. Throws the system's error when the file cannot be read. */
  keys(): readonly string[] {
    if (this.known.length > 0) return this.known;
    const key = readFileSync(this.keyFile, 'utf8').trim();
    if (key.length < MIN_KEY_LENGTH)
      throw new Error(`the key file ${this.keyFile} has fewer than ${MIN_KEY_LENGTH} characters`);
    return (this.known = [key]);
  }

  /** Encodes a line. Throws the system's error when the key cannot be read. */
  encode(purpose: string, value: object): string {
    const json = JSON.stringify(value);
    const [first = ''] = this.keys();
    return `${macOf(first, purpose, json).toString('base64url')} ${json}\n`;
  }

  /** Decodes a line, and freezes the value; `undefined` for a damaged line, or a line without a valid signature for this purpose. */
  decode(purpose: string, line: Buffer): unknown {
    const head = line.toString('latin1', 0, MAC_LENGTH);
    const json = line.subarray(MAC_LENGTH);
    if (!MAC.test(head) || !isUtf8(json)) return undefined;
    const mac = Buffer.from(head.trimEnd(), 'base64url');
    if (!this.keys().some((key) => timingSafeEqual(mac, macOf(key, purpose, json)))) return undefined;
    try {
      return freezeDeep(parseJson(json.toString()));
    } catch {
      return undefined;
    }
  }
}

function macOf(key: string, purpose: string, json: string | Buffer): Buffer {
  return createHmac('sha256', key).update(`${purpose}\n`).update(json).digest();
}

function freezeDeep<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) freezeDeep(part);
  return Object.freeze(value);
}

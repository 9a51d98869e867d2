import { createHmac, timingSafeEqual } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { parseJson } from '../../../base/json/parse-json.js';
import { auditErrors } from '../../errors/audit.errors.js';
import type { WriterKeys } from '../../writer-keys.js';

const MAC = /^[\w-]{43} $/;
const MAC_LENGTH = 44;

/**
 * Encodes the lines of the spill files: an HMAC-SHA-256 in base64url, a space, JSON, and a line feed. The HMAC includes the line's purpose.
 * So a line is invalid in another kind of file, or in a file of another provider.
 */
export class SpillLines {
  private keys: readonly Buffer[] | undefined;

  constructor(private readonly writerKeys: WriterKeys) {}

  /** Returns the encoder for a command. @throws `AUDIT_SPILL_REQUEST_INVALID` if the key is missing */
  static forCommand(folder: string, writerKeys: WriterKeys): SpillLines {
    const { problem } = writerKeys;
    if (problem !== undefined) throw auditErrors.AUDIT_SPILL_REQUEST_INVALID.noKey(folder, problem);
    return new SpillLines(writerKeys);
  }

  /** Encodes a line. Throws the system's error when the key cannot be read. */
  encode(purpose: string, value: object): string {
    const json = JSON.stringify(value);
    const [first = ''] = this.known;
    return `${macOf(first, purpose, json).toString('base64url')} ${json}\n`;
  }

  /** Decodes a line, and freezes the value; `undefined` for a damaged line, or a line without a valid signature for this purpose. */
  decode(purpose: string, line: Buffer): unknown {
    const head = line.toString('latin1', 0, MAC_LENGTH);
    const json = line.subarray(MAC_LENGTH);
    if (!MAC.test(head) || !isUtf8(json)) return undefined;
    const mac = Buffer.from(head.trimEnd(), 'base64url');
    if (!this.known.some((key) => timingSafeEqual(mac, macOf(key, purpose, json)))) return undefined;
    try {
      return freezeDeep(parseJson(json.toString()));
    } catch {
      return undefined;
    }
  }

  private get known(): readonly Buffer[] {
    return (this.keys ??= this.writerKeys.for('spill'));
  }
}

function macOf(key: Buffer | string, purpose: string, json: string | Buffer): Buffer {
  return createHmac('sha256', key).update(`${purpose}\n`).update(json).digest();
}

function freezeDeep<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) freezeDeep(part);
  return Object.freeze(value);
}

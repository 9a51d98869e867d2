import { createHmac, timingSafeEqual } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { parseJson } from '../../event/parse-json.js';
import type { SpillKey } from './spill-key.js';

const MAC = /^[\w-]{43} $/;
const MAC_LENGTH = 44;

/**
 * Encodes the lines of a spill's files: an HMAC-SHA-256 in base64url, a blank, JSON, a line feed. The HMAC includes the line's purpose, so
 * that a line moved to another kind of file, or to another provider's, is invalid.
 */
export class SpillLines {
  constructor(private readonly key: SpillKey) {}

  /** Encodes a line. Throws the system's error when the key cannot be read. */
  encode(purpose: string, value: object): string {
    const json = JSON.stringify(value);
    const [first] = this.key.all();
    return `${macOf(first, purpose, json).toString('base64url')} ${json}\n`;
  }

  /** Decodes a line, frozen; `undefined` when it is damaged, or was not signed with a key of the spill for this purpose. */
  decode(purpose: string, line: Buffer): unknown {
    const head = line.toString('latin1', 0, MAC_LENGTH);
    const json = line.subarray(MAC_LENGTH);
    if (!MAC.test(head) || !isUtf8(json)) return undefined;
    const mac = Buffer.from(head.trimEnd(), 'base64url');
    if (!this.key.all().some((key) => timingSafeEqual(mac, macOf(key, purpose, json)))) return undefined;
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

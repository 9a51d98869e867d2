import { isUtf8 } from 'node:buffer';
import { crc32 } from 'node:zlib';
import { parseJson } from '../../event/parse-json.js';

const CHECKSUM = /^[0-9a-f]{8} $/;
const CHECKSUM_LENGTH = 9;

/** A line of a spill file: the CRC-32 of the JSON in eight hexadecimal digits, a blank, the JSON, a line feed. */
export function encodeLine(value: object): string {
  const json = JSON.stringify(value);
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}

/**
 * What a line says, frozen; `undefined` when it is damaged. A line that begins with its JSON, as somebody may have
 * repaired it by hand, is taken without a checksum.
 */
export function decodeLine(line: Buffer): unknown {
  const json = jsonOf(line);
  if (json === undefined) return undefined;
  try {
    return freezeDeep(parseJson(json));
  } catch {
    return undefined;
  }
}

function jsonOf(line: Buffer): string | undefined {
  if (line[0] === 0x7b) return isUtf8(line) ? line.toString() : undefined;
  const head = line.toString('latin1', 0, CHECKSUM_LENGTH);
  const json = line.subarray(CHECKSUM_LENGTH);
  return CHECKSUM.test(head) && crc32(json) === Number.parseInt(head, 16) ? json.toString() : undefined;
}

function freezeDeep<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) freezeDeep(part);
  return Object.freeze(value);
}

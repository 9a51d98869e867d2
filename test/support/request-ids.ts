import { createHash } from 'node:crypto';

/** The hexadecimal digits are a valid request id that a test can read back. The text may have at most 32 bytes. */
export function getRequestId(text: string): string {
  return Buffer.from(text.padEnd(16)).toString('hex');
}

export function textOfRequestId(id: unknown): string {
  return Buffer.from(String(id), 'hex').toString().trimEnd();
}

export function requestIdPrefix(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 16);
}

/** The ids sort by their numbers. */
export function numberedRequestId(name: string, number: number): string {
  return requestIdPrefix(name) + String(number).padStart(16, '0');
}

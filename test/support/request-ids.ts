import { createHash } from 'node:crypto';

/** A request id that counts, and that a test can read: the text in hexadecimal digits. @param text at most 32 bytes */
export function requestIdOf(text: string): string {
  return Buffer.from(text.padEnd(16)).toString('hex');
}

/** The text of {@link requestIdOf}. */
export function textOfRequestId(id: unknown): string {
  return Buffer.from(String(id), 'hex').toString().trimEnd();
}

/** The beginning of all ids of {@link numberedRequestId} with this name: 16 digits. */
export function requestIdPrefix(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 16);
}

/** One of many request ids that count, in the order of their numbers. */
export function numberedRequestId(name: string, number: number): string {
  return requestIdPrefix(name) + String(number).padStart(16, '0');
}

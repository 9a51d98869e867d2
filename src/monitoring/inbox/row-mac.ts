import { createHmac, timingSafeEqual } from 'node:crypto';

export interface WrittenRow {
  readonly version: number;
  /** 16 bytes. */
  readonly seed: Uint8Array;
  readonly body: string;
}

/** A row without this key's code was written by somebody who has only the address of the database. HMAC-SHA-256 (RFC 2104). */
export function macOf(key: string, { version, seed, body }: WrittenRow): Buffer {
  return createHmac('sha256', key).update(`inbox\n${version}\n`).update(seed).update(body).digest();
}

/** Identifies a key without revealing it, so that a command with another key fails, instead of writing rows that nobody believes. */
export function keyIdOf(key: string): string {
  return createHmac('sha256', key).update('inbox key').digest('hex').slice(0, 16);
}

/** Whether a writer with one of the keys wrote the row. Without keys, every row is accepted. */
export function isOfWriter(keys: readonly string[], row: WrittenRow & { readonly mac: Uint8Array | null }): boolean {
  const { mac } = row;
  return keys.length === 0 || (mac !== null && keys.some((key) => timingSafeEqual(mac, macOf(key, row))));
}

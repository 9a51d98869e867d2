import { createHmac, timingSafeEqual } from 'node:crypto';
import type { WriterKeys } from '../../audit/nest-free.js';

export interface WrittenRow {
  readonly version: number;
  /** 16 bytes. */
  readonly seed: Uint8Array;
  readonly body: string;
}

export interface SignedRow extends WrittenRow {
  readonly mac: Uint8Array | null;
}

/**
 * The keys for the rows of one ledger's inbox. A row without a code by one of the keys was written by somebody who has only the address of
 * the database, or for another ledger: the keys are derived from the writer's keys and the origin of the ledger.
 */
export class InboxKeys {
  private derived: { readonly keys: readonly Buffer[]; readonly ids: readonly string[] } | undefined;

  constructor(
    private readonly writerKeys: WriterKeys,
    private readonly origin: string,
  ) {}

  /** Returns the row's code by the first key: an HMAC-SHA-256 (RFC 2104). Throws the system's error when the key file cannot be read. */
  computeMac(row: WrittenRow): Buffer {
    const [first = ''] = this.keys;
    return computeMac(first, row);
  }

  /** Identifies the keys without revealing them, the first key first. */
  get ids(): readonly string[] {
    return this.derive().ids;
  }

  /** The first key signs, and all of them verify. */
  get keys(): readonly Buffer[] {
    return this.derive().keys;
  }

  private derive(): NonNullable<InboxKeys['derived']> {
    if (this.derived) return this.derived;
    const keys = this.writerKeys.for(`inbox\n${this.origin}`);
    const ids = keys.map((key) => createHmac('sha256', key).update('inbox key').digest('hex').slice(0, 16));
    return (this.derived = { keys, ids });
  }
}

/** Whether a writer with one of the keys wrote the row. */
export function isSignedByAny(keys: readonly Uint8Array[], { mac, ...row }: SignedRow): boolean {
  return mac !== null && keys.some((key) => timingSafeEqual(mac, computeMac(key, row)));
}

function computeMac(key: Uint8Array | string, { version, seed, body }: WrittenRow): Buffer {
  return createHmac('sha256', key).update(`inbox\n${version}\n`).update(seed).update(body).digest();
}

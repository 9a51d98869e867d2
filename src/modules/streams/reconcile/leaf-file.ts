import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HASH_BYTES } from '../../monitoring/log/merkle/hashes.js';

const ABSENT = Buffer.alloc(HASH_BYTES);

/** Stores the leaf hashes of places in a temporary file, so that a ledger of any size takes no memory. */
export class LeafFile {
  /** The place after the last one that was put. */
  end = 0;
  private readonly folder = mkdtempSync(join(tmpdir(), 'audit-reconcile-'));
  private readonly file = openSync(join(this.folder, 'leaves'), 'w+', 0o600);

  /** The leaf of a place; `undefined` if none was put. */
  get(index: number): Buffer | undefined {
    const leaf = Buffer.alloc(HASH_BYTES);
    readSync(this.file, leaf, 0, HASH_BYTES, index * HASH_BYTES);
    return leaf.equals(ABSENT) ? undefined : leaf;
  }

  put(index: number, leafHash: Uint8Array): void {
    writeSync(this.file, leafHash, 0, HASH_BYTES, index * HASH_BYTES);
    this.end = Math.max(this.end, index + 1);
  }

  /** Removes the file. */
  close(): void {
    closeSync(this.file);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

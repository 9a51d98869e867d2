import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HASH_BYTES } from '../../monitoring/log/merkle/hashes.js';

const PAGE_LEAVES = 4_096;
const PAGE_BYTES = PAGE_LEAVES * HASH_BYTES;
const ABSENT = Buffer.alloc(HASH_BYTES);

/** Stores the leaf hashes of places in a temporary file, so that a ledger of any size takes one page of memory. */
export class LeafFile {
  /** The place after the last one that was put. */
  end = 0;
  private readonly folder = mkdtempSync(join(tmpdir(), 'audit-reconcile-'));
  private readonly file = openSync(join(this.folder, 'leaves'), 'w+', 0o600);
  private readonly page = Buffer.alloc(PAGE_BYTES);
  private at = 0;
  private isChanged = false;

  /** The leaf of a place; `undefined` if none was put. */
  get(index: number): Buffer | undefined {
    const leaf = this.slot(index);
    return leaf.equals(ABSENT) ? undefined : Buffer.from(leaf);
  }

  put(index: number, leafHash: Uint8Array): void {
    this.slot(index).set(leafHash);
    this.isChanged = true;
    this.end = Math.max(this.end, index + 1);
  }

  /** Removes the file. */
  close(): void {
    closeSync(this.file);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private slot(index: number): Buffer {
    const at = Math.floor(index / PAGE_LEAVES);
    if (at !== this.at) this.turnTo(at);
    const from = (index - at * PAGE_LEAVES) * HASH_BYTES;
    return this.page.subarray(from, from + HASH_BYTES);
  }

  private turnTo(at: number): void {
    if (this.isChanged) writeSync(this.file, this.page, 0, PAGE_BYTES, this.at * PAGE_BYTES);
    this.page.fill(0);
    readSync(this.file, this.page, 0, PAGE_BYTES, at * PAGE_BYTES);
    this.at = at;
    this.isChanged = false;
  }
}

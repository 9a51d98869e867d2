import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TreeHead } from '../../monitoring/log/merkle/verify-consistency.js';
import { HASH_BYTES, isSameHash } from '../../monitoring/log/merkle/hashes.js';
import { TreeFrontier } from '../../monitoring/log/merkle/tree-frontier.js';
import type { CopyFindings } from './copy-finding.js';

const ABSENT = Buffer.alloc(HASH_BYTES);

/** Stores the leaf hashes of a receiver's copy in a temporary file, because they may need more than the memory. */
export class LeafFile {
  /** The sequence number after the last stored leaf hash. */
  end = 0;
  private readonly folder = mkdtempSync(join(tmpdir(), 'audit-reconcile-'));
  private readonly file = openSync(join(this.folder, 'leaves'), 'w+', 0o600);

  /** Returns the leaf hash of a sequence number, if one is stored. */
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

/**
 * Computes the tree of a copy's leaves from sequence number 0 to the first missing leaf, and compares the tree's roots with the signed checkpoints.
 * Returns the size of the largest checkpoint with an equal root: below this size, the copy has exactly the events of the ledger.
 */
export function checkRoots(leaves: LeafFile, heads: readonly TreeHead[], findings: CopyFindings): number {
  const bySize = heads.toSorted((one, other) => one.size - other.size);
  const tree = new TreeFrontier();
  let proven = 0;
  let nth = 0;
  for (let leaf = leaves.get(0); ; leaf = leaves.get(tree.size)) {
    for (let head = bySize[nth]; head && head.size <= tree.size; head = bySize[(nth += 1)]) {
      if (head.size < tree.size) continue;
      if (isSameHash(tree.root(), head.rootHash)) {
        proven = head.size;
        continue;
      }
      const what = `the root of these events is not the root of the signed checkpoint of size ${head.size}`;
      findings.add('root_differs', { index: proven, lastIndex: head.size - 1 }, what);
      return proven;
    }
    if (!leaf || nth >= bySize.length) return proven;
    tree.append(leaf);
  }
}

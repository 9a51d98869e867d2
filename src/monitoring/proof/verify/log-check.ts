import type { TreeHead } from '../log/merkle/verify-consistency.js';
import { HASH_BYTES, isSameHash } from '../log/merkle/hashes.js';
import type { Tile, TreeEdge } from '../log/tiles/tree-edge.js';
import type { Finding } from './finding.js';
import { selectMajorityHash, type LeafReading, type RangeReading, type HashSource } from './sources/log-source.js';
import { TreeBuilder } from './tree-builder.js';

export interface SignedHead extends TreeHead {
  readonly isPublished: boolean;
}

/** A leaf whose sources do not all have the hash that the tree has (`expectedHash`). */
export interface WrongLeaf {
  readonly reading: LeafReading;
  readonly expectedHash: Uint8Array;
}

/** Beyond this number of undecided leaves, the majority of the sources decides, without a signed root. */
const MAX_PENDING = 100_000;

const MAX_WRONG = 100_000;

/** Recomputes the tree, and compares it with each signed head. If the sources of a leaf hash differ, the next signed root decides. */
export class LogCheck {
  private tree: TreeBuilder;
  /** From the first difference on, one tree for each source of leaf hashes. A source that lacks a leaf's hash is dropped. */
  private candidates = new Map<HashSource, TreeBuilder>();
  private pending: LeafReading[] = [];
  private readonly lastAgreed: { own: number; published: number };
  private readonly contradicted = { own: false, published: false };
  readonly findings: Finding[] = [];
  readonly wrong: WrongLeaf[] = [];
  private readonly tiles: Tile[] = [];

  constructor(
    edge: TreeEdge,
    private readonly hashSources: readonly HashSource[],
  ) {
    this.tree = TreeBuilder.of(edge);
    this.lastAgreed = { own: edge.size, published: edge.size };
  }

  get size(): number {
    return this.tree.size;
  }

  add({ from, to, hashes, differing }: RangeReading, heads: readonly SignedHead[]): void {
    let [nextHead, nextDiffering] = [0, 0];
    for (let index = from; index < to; index++) {
      const most = hashes.subarray((index - from) * HASH_BYTES, (index - from + 1) * HASH_BYTES);
      const reading = differing[nextDiffering]?.index === index ? differing[nextDiffering++] : undefined;
      if (reading) this.note(reading);
      this.tree.append(most);
      for (const [source, tree] of this.candidates) {
        const hash = reading ? reading[source] : most;
        if (hash?.length === HASH_BYTES) tree.append(hash);
        else this.candidates.delete(source);
      }
      for (; heads[nextHead]?.size === index + 1; nextHead++) this.settle(heads[nextHead]);
    }
  }

  /** Returns the edge of the tree. Call it after all ranges are added. */
  finish(): TreeEdge {
    this.trustAlternative(undefined);
    return this.tree.edge();
  }

  /** Returns the edge of the tree so far; `undefined` if a leaf is undecided or wrong. */
  edgeIfSettled(): TreeEdge | undefined {
    return this.pending.length === 0 && this.wrong.length === 0 ? this.tree.edge() : undefined;
  }

  /** Returns the full tiles above level 0 that are now decided. */
  takeTiles(): readonly Tile[] {
    if (this.pending.length === 0) this.tiles.push(...this.tree.takeFullTiles());
    return this.tiles.splice(0);
  }

  private note(reading: LeafReading): void {
    if (this.pending.length >= MAX_PENDING) this.trustAlternative(undefined);
    if (this.pending.length === 0) {
      this.tiles.push(...this.tree.takeFullTiles());
      this.candidates = new Map(this.hashSources.map((source) => [source, this.tree.clone()]));
    }
    this.pending.push(reading);
  }

  private settle(head: SignedHead | undefined): void {
    if (!head) return;
    const isRight = isSameHash(this.tree.root(), head.rootHash);
    const candidate = isRight
      ? undefined
      : [...this.candidates].find(([, tree]) => isSameHash(tree.root(), head.rootHash));
    if (isRight || candidate) {
      this.trustAlternative(candidate);
      this.acceptAgreed(head);
    } else this.contradict(head);
  }

  /** A head of the log itself does not confirm earlier published heads, because a rewritten log can be signed again. */
  private acceptAgreed({ size, isPublished }: SignedHead): void {
    this.lastAgreed.own = size;
    if (isPublished) this.lastAgreed.published = size;
  }

  /** A contradiction also affects every later root, so each kind of head is reported only once. */
  private contradict({ size, isPublished }: SignedHead): void {
    const source = isPublished ? 'published' : 'own';
    if (this.contradicted[source]) return;
    this.contradicted[source] = true;
    const range = { index: this.lastAgreed[source], lastIndex: size - 1 };
    if (isPublished) {
      const what = `the published checkpoint of size ${size} has another root than the log: events before it were rewritten`;
      this.findings.push({ ...range, kind: 'history_rewritten', table: 'audit_leaf', what });
    } else {
      const what = `the signed root of size ${size} differs from the log: events before it, or the checkpoint, were rewritten`;
      this.findings.push({ ...range, kind: 'checkpoint_contradicted', table: 'audit_checkpoint', what });
    }
  }

  private trustAlternative(right: readonly [HashSource, TreeBuilder] | undefined): void {
    for (const reading of this.pending) {
      const expectedHash = right ? reading[right[0]] : selectMajorityHash(reading);
      if (expectedHash && this.wrong.length < MAX_WRONG) this.wrong.push({ reading, expectedHash });
    }
    if (right) this.tree = right[1];
    this.pending = [];
    this.candidates = new Map();
  }
}

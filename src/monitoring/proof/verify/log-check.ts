import type { TreeHead } from '../log/merkle/verify-consistency.js';
import { HASH_BYTES, isSameHash } from '../log/merkle/hashes.js';
import type { Tile, TreeEdge } from '../log/tiles/tree-edge.js';
import type { WrongLeaf } from './diagnose.js';
import type { Finding } from './finding.js';
import { majorityHash, type LeafReading, type RangeReading, type Witness } from './log-source.js';
import { TreeBuilder } from './tree-builder.js';

export interface SignedHead extends TreeHead {
  readonly isPublished: boolean;
}

/** Beyond this number of undecided leaves, the majority of the sources decides, without a signed root. */
const MAX_PENDING = 100_000;

const MAX_WRONG = 100_000;

/** Recomputes the tree, and compares it with each signed head. If the sources of a leaf hash differ, the next signed root decides. */
export class LogCheck {
  private tower: TreeBuilder;
  /** From the first difference on, one tree for each source of leaf hashes. A source that lacks a leaf's hash is dropped. */
  private rivals = new Map<Witness, TreeBuilder>();
  private pending: LeafReading[] = [];
  private readonly lastAgreed: { own: number; published: number };
  private readonly contradicted = { own: false, published: false };
  readonly findings: Finding[] = [];
  readonly wrong: WrongLeaf[] = [];
  private readonly tiles: Tile[] = [];

  constructor(
    edge: TreeEdge,
    private readonly witnesses: readonly Witness[],
  ) {
    this.tower = TreeBuilder.of(edge);
    this.lastAgreed = { own: edge.size, published: edge.size };
  }

  get size(): number {
    return this.tower.size;
  }

  add({ from, to, hashes, differing }: RangeReading, heads: readonly SignedHead[]): void {
    let [nextHead, nextDiffering] = [0, 0];
    for (let index = from; index < to; index++) {
      const most = hashes.subarray((index - from) * HASH_BYTES, (index - from + 1) * HASH_BYTES);
      const place = differing[nextDiffering]?.index === index ? differing[nextDiffering++] : undefined;
      if (place) this.note(place);
      this.tower.append(most);
      for (const [witness, tower] of this.rivals) {
        const hash = place ? place[witness] : most;
        if (hash?.length === HASH_BYTES) tower.append(hash);
        else this.rivals.delete(witness);
      }
      for (; heads[nextHead]?.size === index + 1; nextHead++) this.settle(heads[nextHead]);
    }
  }

  /** Returns the edge of the tree. Call it after all ranges are added. */
  finish(): TreeEdge {
    this.believe(undefined);
    return this.tower.edge();
  }

  /** Returns the edge of the tree so far; `undefined` if a leaf is undecided or wrong. */
  edgeIfSettled(): TreeEdge | undefined {
    return this.pending.length === 0 && this.wrong.length === 0 ? this.tower.edge() : undefined;
  }

  /** Returns the full tiles above level 0 that are now decided. */
  takeTiles(): readonly Tile[] {
    if (this.pending.length === 0) this.tiles.push(...this.tower.takeFullTiles());
    return this.tiles.splice(0);
  }

  private note(place: LeafReading): void {
    if (this.pending.length >= MAX_PENDING) this.believe(undefined);
    if (this.pending.length === 0) {
      this.tiles.push(...this.tower.takeFullTiles());
      this.rivals = new Map(this.witnesses.map((witness) => [witness, this.tower.clone()]));
    }
    this.pending.push(place);
  }

  private settle(head: SignedHead | undefined): void {
    if (!head) return;
    const isRight = isSameHash(this.tower.root(), head.rootHash);
    const rival = isRight ? undefined : [...this.rivals].find(([, tower]) => isSameHash(tower.root(), head.rootHash));
    if (isRight || rival) {
      this.believe(rival);
      this.agree(head);
    } else this.contradict(head);
  }

  /** A head of the log itself does not confirm earlier published heads, because a rewritten log can be signed again. */
  private agree({ size, isPublished }: SignedHead): void {
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

  private believe(right: readonly [Witness, TreeBuilder] | undefined): void {
    for (const place of this.pending) {
      const truth = right ? place[right[0]] : majorityHash(place);
      if (truth && this.wrong.length < MAX_WRONG) this.wrong.push({ place, truth });
    }
    if (right) this.tower = right[1];
    this.pending = [];
    this.rivals = new Map();
  }
}

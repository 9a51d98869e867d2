import { canonicalJson } from '../../../audit/plain.js';
import type { Selection } from '../selection.js';
import type { StreamBatch } from '../stream-destination.js';

/** The part of a batch that is kept after reading it. */
export interface BatchHead extends Pick<StreamBatch, 'id' | 'first' | 'last' | 'previousHash' | 'selection'> {
  readonly hash: string;
  /** Its number in reading order. */
  readonly nth: number;
}

/** Batches that each name the one before. */
export type ChainSegment = readonly BatchHead[];

/** The chains that the batches of a copy form. */
export interface LinkedBatches {
  /** Sorted by place. A complete copy has one segment. */
  readonly segments: readonly ChainSegment[];
  /** Batches that a later one with another id replaced, because the ledger changed between two attempts. */
  readonly replaced: ChainSegment;
}

/** Links the batches of a copy by the hashes that they name. It keeps some 300 bytes for each batch. */
export class BatchChain {
  private readonly byHash = new Map<string, BatchHead>();
  private readonly hashes = new Map<string, string>();
  private readonly selections = new Map<string, Selection>();

  /** Adds a batch. Returns whether it is new, was read before, or has the id of another one. */
  add({ id, first, last, previousHash, selection }: StreamBatch, hash: string): 'new' | 'repeated' | 'other' {
    if (this.byHash.has(hash)) return 'repeated';
    const key = canonicalJson(selection);
    const shared = this.selections.get(key) ?? selection;
    this.selections.set(key, shared);
    this.byHash.set(hash, { id, first, last, previousHash, hash, selection: shared, nth: this.byHash.size });
    const isOther = this.hashes.has(id);
    if (!isOther) this.hashes.set(id, hash);
    return isOther ? 'other' : 'new';
  }

  get size(): number {
    return this.byHash.size;
  }

  has(hash: string): boolean {
    return this.byHash.has(hash);
  }

  /** @param acknowledged the hash of the stream's last batch, if the ledger states it */
  link(acknowledged: string | undefined): LinkedBatches {
    const heads = [...this.byHash.values()];
    const next = new Map<string, BatchHead>();
    for (const head of heads) {
      const known = next.get(head.previousHash);
      if (!known || isLater(head, known)) next.set(head.previousHash, head);
    }
    const named = new Set(heads.map(({ previousHash }) => previousHash));
    const ends = heads.filter(({ hash }) => !named.has(hash)).toSorted((one, other) => (isLater(one, other) ? -1 : 1));
    const anchor = acknowledged === undefined ? undefined : this.byHash.get(acknowledged);
    const left = new Set(heads);
    const segments: ChainSegment[] = [];
    const replaced: BatchHead[] = [];
    const beginnings = new Set<string>();
    for (const end of [...(anchor ? [endOf(anchor, next)] : []), ...ends]) {
      const segment = this.back(end, left);
      const [first] = segment;
      if (!first) continue;
      if (beginnings.has(first.previousHash)) replaced.push(...segment);
      else segments.push(segment);
      for (const { previousHash } of segment) beginnings.add(previousHash);
    }
    return { segments: segments.toSorted(([one], [other]) => (one?.first ?? 0) - (other?.first ?? 0)), replaced };
  }

  /** Follows the chain from a batch back to the first one. */
  private back(end: BatchHead, left: Set<BatchHead>): ChainSegment {
    const segment: BatchHead[] = [];
    for (let head: BatchHead | undefined = end; head && left.delete(head); head = this.byHash.get(head.previousHash)) {
      segment.push(head);
    }
    return segment.toReversed();
  }
}

function endOf(anchor: BatchHead, next: ReadonlyMap<string, BatchHead>): BatchHead {
  let end = anchor;
  for (let head = next.get(end.hash); head && head.nth > end.nth; head = next.get(head.hash)) end = head;
  return end;
}

function isLater(one: BatchHead, other: BatchHead): boolean {
  return one.last === other.last ? one.nth > other.nth : one.last > other.last;
}

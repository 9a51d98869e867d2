import { canonicalJson } from '../../../audit/plain.js';
import type { Selection } from '../selection.js';
import type { StreamBatch } from '../stream-destination.js';
import type { CopyFindings } from './copy-finding.js';

/** The part of a batch that stays in memory. */
export interface BatchHead extends Pick<StreamBatch, 'id' | 'first' | 'last' | 'previousHash' | 'selection'> {
  readonly hash: string;
  /** The position of the batch in reading order. */
  readonly nth: number;
}

type ChainSegment = readonly BatchHead[];

interface LinkedBatches {
  /** The unbroken segments of the chain, sorted by sequence number. A complete copy has one segment. */
  readonly segments: readonly ChainSegment[];
  /** Batches that a later attempt sent again with another id, because the ledger or the options changed between the attempts. */
  readonly replaced: ChainSegment;
}

/** Links the batches of a copy by their hashes. A chain needs about 300 bytes of memory for each batch. */
export class BatchChain {
  private readonly byHash = new Map<string, BatchHead>();
  private readonly hashes = new Map<string, string>();
  private readonly selections = new Map<string, Selection>();

  /** Adds a batch. Returns `repeated` for a batch that was added before, and `other` for another batch with the same id. */
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

  /** Links the batches. @param acknowledged the hash of the last batch that the receiver acknowledged; absent if the hash is unknown */
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

  private back(end: BatchHead, left: Set<BatchHead>): ChainSegment {
    const segment: BatchHead[] = [];
    for (let head: BatchHead | undefined = end; head && left.delete(head); head = this.byHash.get(head.previousHash)) {
      segment.push(head);
    }
    return segment.toReversed();
  }
}

/** The range that the batches of a copy cover. */
export interface Covered {
  readonly first: number;
  /** The sequence number after the last covered event. */
  readonly end: number;
  readonly heads: ChainSegment;
}

interface ChainToCheck {
  readonly from: number | undefined;
  readonly isOrdered: boolean;
  readonly isReplayed: (first: number, last: number) => boolean;
}

/**
 * Compares the batches of a copy with each other. Each batch must contain the previous batch's hash, begin after the previous batch's
 * range, and arrive after the previous batch.
 *
 * @param from the first sequence number to check; absent for the beginning of the stream
 * @param isReplayed returns whether replays cover a whole range
 */
export function checkChain(
  { segments }: LinkedBatches,
  { from, isOrdered, isReplayed }: ChainToCheck,
  findings: CopyFindings,
): Covered {
  let end: number | undefined;
  let nth = -1;
  let before: BatchHead | undefined;
  for (const head of segments.flat()) {
    const { id: batch, first, last, previousHash } = head;
    const isNext = before ? previousHash === before.hash : previousHash === '';
    const isSentAgain = end !== undefined && first > end && isReplayed(end, first - 1);
    if (!isNext && !isSentAgain) addBreak(head, before, end ?? from, findings);
    else if (end !== undefined && first > end && !isSentAgain) {
      findings.add('missing', { index: end, lastIndex: first - 1 }, 'no batch covers these events');
    }
    if (isOrdered && head.nth < nth) {
      findings.add(
        'out_of_order',
        { batch, index: first, lastIndex: last },
        'it is before its predecessor in the copy',
      );
    }
    nth = Math.max(nth, head.nth);
    end = Math.max(end ?? 0, last + 1);
    before = head;
  }
  const heads = segments.flat();
  return { first: heads.reduce((least, { first }) => Math.min(least, first), end ?? 0), end: end ?? 0, heads };
}

function addBreak(
  { id, first }: BatchHead,
  before: BatchHead | undefined,
  end: number | undefined,
  findings: CopyFindings,
): void {
  if (before === undefined) {
    if (end !== undefined && first <= end) return; // `from` excludes the earlier batches
    const what = 'the earlier batches are not in the copy';
    findings.add('missing', first === 0 ? { batch: id } : { index: end ?? 0, lastIndex: first - 1 }, what);
  } else if (end !== undefined && first > end) {
    const what = 'the batches of these events are not in the copy';
    findings.add('missing', { index: end, lastIndex: first - 1 }, what);
  } else {
    const what = `the next batch, ${id}, names another predecessor: this batch was altered, or a batch between them is missing`;
    findings.add('altered', { index: before.first, lastIndex: before.last, batch: before.id }, what);
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

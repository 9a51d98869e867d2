import type { BatchHead, ChainSegment, LinkedBatches } from './batch-chain.js';
import type { CopyFindings } from './copy-finding.js';

/** The places that the batches of a copy cover. */
export interface Covered {
  readonly first: number;
  /** The place after the last one. */
  readonly end: number;
  readonly heads: ChainSegment;
}

interface ChainToCheck {
  readonly from: number | undefined;
  readonly isOrdered: boolean;
  readonly isReplayed: (first: number, last: number) => boolean;
}

/**
 * Compares the batches of a copy with each other: each must name the one before, begin after it, and have arrived after it.
 *
 * @param from the first requested place; absent for the beginning of the stream
 * @param isReplayed whether replays cover all of these places
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
    if (!isNext && !isSentAgain) tellBreak(head, before, end ?? from, findings);
    else if (end !== undefined && first > end && !isSentAgain) {
      findings.add('missing', { index: end, lastIndex: first - 1 }, 'no batch covers these places');
    }
    if (isOrdered && head.nth < nth) {
      findings.add('out_of_order', { batch, index: first, lastIndex: last }, 'it came before its predecessor');
    }
    nth = Math.max(nth, head.nth);
    end = Math.max(end ?? 0, last + 1);
    before = head;
  }
  const heads = segments.flat();
  return { first: heads.reduce((least, { first }) => Math.min(least, first), end ?? 0), end: end ?? 0, heads };
}

function tellBreak(
  { id, first }: BatchHead,
  before: BatchHead | undefined,
  end: number | undefined,
  findings: CopyFindings,
): void {
  if (before === undefined) {
    if (end !== undefined && first <= end) return; // earlier places were not asked for
    const what = 'the batches before are not in the copy';
    findings.add('missing', first === 0 ? { batch: id } : { index: end ?? 0, lastIndex: first - 1 }, what);
  } else if (end !== undefined && first > end) {
    const what = 'the batches of these places are not in the copy';
    findings.add('missing', { index: end, lastIndex: first - 1 }, what);
  } else {
    const what = `the next batch, ${id}, names another one in its place: it was altered, or one between them is missing`;
    findings.add('altered', { index: before.first, lastIndex: before.last, batch: before.id }, what);
  }
}

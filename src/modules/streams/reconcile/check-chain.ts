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
      findings.add({ kind: 'missing', index: end, lastIndex: first - 1, what: 'no batch covers these places' });
    }
    if (isOrdered && head.nth < nth) {
      findings.add({
        kind: 'out_of_order',
        batch,
        index: first,
        lastIndex: last,
        what: 'it came before its predecessor',
      });
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
    findings.add(
      first === 0
        ? { kind: 'missing', batch: id, what }
        : { kind: 'missing', index: end ?? 0, lastIndex: first - 1, what },
    );
  } else if (end !== undefined && first > end) {
    findings.add({
      kind: 'missing',
      index: end,
      lastIndex: first - 1,
      what: 'the batches of these places are not in the copy',
    });
  } else {
    const what = `the next batch, ${id}, names another one in its place: it was altered, or one between them is missing`;
    findings.add({ kind: 'altered', index: before.first, lastIndex: before.last, batch: before.id, what });
  }
}

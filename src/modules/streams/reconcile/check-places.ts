import { canonicalJson } from '../../../audit/plain.js';
import type { BatchHead } from './batch-chain.js';
import type { CopyFindings } from './copy-finding.js';
import type { LeafFile } from './leaf-file.js';
import type { SentByLedger } from './sent-by-ledger.js';
import type { Selection } from '../selection.js';

/**
 * A range of sequence numbers, and the selections under which a stream sent the range. A replay after a change of the options adds a
 * selection.
 */
export interface SelectedPlaces {
  readonly first: number;
  /** The sequence number after the last event of the range. */
  readonly end: number;
  readonly selections: readonly Pick<Selection, 'filter' | 'access'>[];
}

/** The range and the selection of a batch. */
export type CoveredPlaces = Pick<BatchHead, 'first' | 'last' | 'selection'>;

/** The leaves and the retired ranges of a copy. */
export interface CopiedPlaces {
  readonly leaves: LeafFile;
  readonly retired: readonly { readonly first: number; readonly last: number }[];
}

const PAGE = 4_096;

/**
 * Compares a copy with the ledger. Each leaf must be the ledger's leaf, and the copy must have exactly the events that the stream selects. `compared`
 * counts the compared sequence numbers. `unjudged` counts retired events of a filtered stream, because nothing shows whether the filter selected
 * these events.
 */
export async function checkPlaces(
  ranges: readonly SelectedPlaces[],
  { leaves, retired }: CopiedPlaces,
  ledger: SentByLedger,
  findings: CopyFindings,
  onProgress: (places: number) => void,
): Promise<{ readonly compared: number; readonly unjudged: number }> {
  const isRetired = (index: number): boolean => retired.some(({ first, last }) => index >= first && index <= last);
  const missing: { readonly first: number; last: number }[] = [];
  let [compared, unjudged] = [0, 0];
  for (const { first, end, selections } of ranges) {
    for (let from = first; from < end; from += PAGE) {
      const to = Math.min(from + PAGE, end);
      const selected = await selectedBy(selections, ledger, from, to);
      for (const { index, leafHash, isThere } of await ledger.places(from, to)) {
        const copied = leaves.get(index);
        if (copied && !copied.equals(leafHash)) {
          findings.add('altered', { index }, 'the ledger has another event with this index');
        } else if (copied && isThere && selected?.has(index) === false) {
          findings.add('foreign', { index }, 'the filter or the access of the stream excludes this event');
        } else if (!copied && !isThere && selected && !isRetired(index)) {
          unjudged += 1;
        } else if (!copied && (selected ? selected.has(index) : !isRetired(index))) {
          const range = missing.at(-1);
          if (range?.last === index - 1) range.last = index;
          else missing.push({ first: index, last: index });
        }
        compared += 1;
      }
      onProgress(compared);
    }
  }
  for (const { first, last } of missing) {
    const what = 'the stream selects events of the ledger that are not in the copy';
    findings.add('missing', { index: first, lastIndex: last }, what);
  }
  return { compared, unjudged };
}

async function selectedBy(
  selections: SelectedPlaces['selections'],
  ledger: SentByLedger,
  first: number,
  end: number,
): Promise<ReadonlySet<number> | undefined> {
  const all = new Set<number>();
  for (const selection of selections) {
    const selected = await ledger.selected(selection, first, end);
    if (!selected) return undefined;
    for (const index of selected) all.add(index);
  }
  return all;
}

/** Returns disjoint ranges of batches in ascending order, with all selections under which each range was sent. */
export function rangesOf(batches: readonly CoveredPlaces[]): readonly SelectedPlaces[] {
  const bySelection = new Map<string, CoveredPlaces[]>();
  for (const batch of batches) {
    const key = canonicalJson(batch.selection);
    const known = bySelection.get(key);
    if (known) known.push(batch);
    else bySelection.set(key, [batch]);
  }
  const joined = [...bySelection.values()].flatMap((list) => joinPlaces(list));
  const borders = [...new Set(joined.flatMap(({ first, end }) => [first, end]))].toSorted((one, other) => one - other);
  return borders.flatMap((first, nth) => {
    const end = borders[nth + 1] ?? first;
    const covering = joined.filter((each) => each.first <= first && each.end >= end);
    return end === first || covering.length === 0
      ? []
      : [{ first, end, selections: covering.map(({ selection }) => selection) }];
  });
}

/** Joins adjacent and overlapping ranges. */
export function joinPlaces<Batch extends Pick<CoveredPlaces, 'first' | 'last'>>(
  batches: readonly Batch[],
): readonly (Omit<Batch, 'last'> & { readonly end: number })[] {
  const ranges: (Omit<Batch, 'last'> & { end: number })[] = [];
  for (const { last, ...batch } of batches.toSorted((one, other) => one.first - other.first)) {
    const before = ranges.at(-1);
    if (before && batch.first <= before.end) before.end = Math.max(before.end, last + 1);
    else ranges.push({ ...batch, end: last + 1 });
  }
  return ranges;
}

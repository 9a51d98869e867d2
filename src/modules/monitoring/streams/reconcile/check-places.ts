import type { CopyFindings } from './copy-finding.js';
import { MissingPlaces } from './copy-finding.js';
import type { LeafFile } from './leaf-file.js';
import type { SentByLedger } from './sent-by-ledger.js';
import type { Selection } from '../selection.js';

/** Places that were sent by one selection. */
export interface SelectedPlaces {
  readonly first: number;
  /** Behind the last place. */
  readonly end: number;
  readonly selection: Pick<Selection, 'filter' | 'access'>;
}

/** A copy, by the places of its events, gaps and retired records. */
export interface CopiedPlaces {
  readonly leaves: LeafFile;
  readonly retired: readonly { readonly first: number; readonly last: number }[];
}

const PAGE = 4_096;

/**
 * Holds the places of a copy against the ledger: each leaf is the ledger's, each event that the stream selects is there, and no other.
 * Resolves with how many places were compared, and how many nobody can judge: their events are retired, and a filter would have judged them.
 */
export async function checkPlaces(
  ranges: readonly SelectedPlaces[],
  { leaves, retired }: CopiedPlaces,
  ledger: SentByLedger,
  findings: CopyFindings,
  onProgress: (places: number) => void,
): Promise<{ readonly compared: number; readonly unjudged: number }> {
  const isRetired = (index: number): boolean => retired.some(({ first, last }) => index >= first && index <= last);
  const missing = new MissingPlaces((first, last) =>
    findings.add({
      kind: 'missing',
      index: first,
      lastIndex: last,
      what: 'the ledger has events here for the stream, and the copy has not',
    }),
  );
  let [compared, unjudged] = [0, 0];
  for (const { first, end, selection } of ranges) {
    for (let from = first; from < end; from += PAGE) {
      const to = Math.min(from + PAGE, end);
      const selected = await ledger.selected(selection, from, to);
      for (const { index, leafHash, isThere } of await ledger.places(from, to)) {
        const copied = leaves.get(index);
        if (copied && !copied.equals(leafHash)) {
          findings.add({ kind: 'altered', index, what: 'the ledger has another event at this place' });
        } else if (copied && isThere && selected?.has(index) === false) {
          findings.add({
            kind: 'foreign',
            index,
            what: 'the filter or the access of the stream leaves this event out',
          });
        } else if (!copied && !isThere && selected && !isRetired(index)) {
          unjudged += 1;
        } else if (!copied && (selected ? selected.has(index) : !isRetired(index))) {
          missing.add(index);
        }
        compared += 1;
      }
      onProgress(compared);
    }
  }
  missing.end();
  return { compared, unjudged };
}

/** The places of batches, those of one selection next to each other joined. */
export function rangesOf(
  heads: readonly { readonly first: number; readonly last: number; readonly selection: Selection }[],
): readonly SelectedPlaces[] {
  const ranges: { first: number; end: number; selection: Selection }[] = [];
  for (const { first, last, selection } of heads) {
    const before = ranges.at(-1);
    if (before && last < before.end) continue; // a parked event, sent again
    if (before?.end === first && before.selection === selection) before.end = last + 1;
    else ranges.push({ first, end: last + 1, selection });
  }
  return ranges;
}

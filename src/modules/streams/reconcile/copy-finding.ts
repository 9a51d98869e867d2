/** What can be wrong with a receiver's copy. */
export type CopyFindingKind =
  | 'missing'
  | 'altered'
  | 'twice'
  | 'out_of_order'
  | 'foreign'
  | 'gap_forged'
  | 'checkpoint_forged'
  | 'root_differs'
  | 'unreadable';

/** One difference between a receiver's copy and what was sent. */
export interface CopyFinding {
  readonly kind: CopyFindingKind;
  /** The place in the ledger; the first one of a range. */
  readonly index?: number;
  readonly lastIndex?: number;
  /** The id of the batch. */
  readonly batch?: string;
  readonly eventId?: string;
  /** A clause for people. */
  readonly what: string;
}

const MOST_SHOWN = 100;

/** The first findings, and the number of all. */
export class CopyFindings {
  readonly shown: CopyFinding[] = [];
  total = 0;

  add(finding: CopyFinding): void {
    this.total += 1;
    if (this.shown.length < MOST_SHOWN) this.shown.push(finding);
  }
}

/** Joins single places to ranges, each of which is one finding. */
export class MissingPlaces {
  private range: { readonly first: number; last: number } | undefined;

  constructor(private readonly onRange: (first: number, last: number) => void) {}

  add(index: number): void {
    if (this.range?.last === index - 1) {
      this.range.last = index;
      return;
    }
    this.end();
    this.range = { first: index, last: index };
  }

  /** Call it behind the last place. */
  end(): void {
    if (this.range) this.onRange(this.range.first, this.range.last);
    this.range = undefined;
  }
}

/** A finding as a line of text. */
export function describeCopyFinding({ kind, index, lastIndex, batch, eventId, what }: CopyFinding): string {
  const end = lastIndex === undefined || lastIndex === index ? '' : ` to ${lastIndex}`;
  const place = [
    ...(index === undefined ? [] : [`index ${index}${end}`]),
    ...(eventId === undefined ? [] : [`event ${eventId}`]),
    ...(batch === undefined ? [] : [`batch ${batch}`]),
  ];
  return `${kind}  ${place.length === 0 ? '' : `${place.join(', ')}: `}${what}`;
}

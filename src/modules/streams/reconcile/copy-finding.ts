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

/** A difference between a receiver's copy and the events that were sent. */
export interface CopyFinding {
  readonly kind: CopyFindingKind;
  /** The event's sequence number; for a range, the first sequence number. */
  readonly index?: number;
  readonly lastIndex?: number;
  readonly batch?: string;
  readonly eventId?: string;
  /** A clause that describes the difference. */
  readonly what: string;
}

const MOST_SHOWN = 100;

/** Collects the first 100 findings, and counts all. */
export class CopyFindings {
  readonly shown: CopyFinding[] = [];
  total = 0;

  add(kind: CopyFindingKind, at: Omit<CopyFinding, 'kind' | 'what'>, what: string): void {
    this.total += 1;
    if (this.shown.length < MOST_SHOWN) this.shown.push({ kind, ...at, what });
  }
}

/** Writes a finding as a line of text. */
export function describeCopyFinding({ kind, index, lastIndex, batch, eventId, what }: CopyFinding): string {
  const end = lastIndex === undefined || lastIndex === index ? '' : ` to ${lastIndex}`;
  const place = [
    ...(index === undefined ? [] : [`index ${index}${end}`]),
    ...(eventId === undefined ? [] : [`event ${eventId}`]),
    ...(batch === undefined ? [] : [`batch ${batch}`]),
  ];
  return `${kind}  ${place.length === 0 ? '' : `${place.join(', ')}: `}${what}`;
}

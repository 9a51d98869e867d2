/** The kinds of mismatches between rows and events, with their meaning. */
const MISMATCHES = {
  row_changed: 'differs from its last event: it was changed without one',
  row_incomparable: 'differs from its last event, which has columns that the table lost: take another baseline',
  row_relabelled:
    'differs from its last event, and a label of an enum in its table was renamed since the baseline: take another baseline',
  row_unknown: 'has neither an event nor a place in the baseline: it was added without one',
  row_returned: 'exists, and its last event deleted it: it was added again without one',
  row_missing: 'is gone without an event that deleted it',
  change_parked:
    'has changes that the ledger cannot store: see audit_row_change_parked, and run "nestjs-audit-ledger capture retry"',
  change_unreadable:
    'holds, at the position that stands for the row, what no trigger writes: see which login may insert there',
  event_duplicated: 'was added by an event though an earlier one had added it',
  baseline_altered: 'has a baseline that is not the one that was sealed',
  retired_altered:
    'has digests in audit_row_retired that are not those which the ledger sealed when it retired the events of these rows',
  table_unreadable:
    'cannot be read whole: it belongs to another role than when it was captured, so another table may stand under its name; or row-level security hides rows from the owner of its functions',
  capture_gone:
    'is not captured any more, or has another name, and no event says that its capture ended: run "nestjs-audit-ledger capture generate", and the migration that it writes',
} as const;

/** The kind of a mismatch. */
export type MismatchKind = keyof typeof MISMATCHES;

/** One row or table that does not match its events. */
export interface Mismatch {
  readonly kind: MismatchKind;
  /** The table, such as `public.orders`. */
  readonly table: string;
  /** The row's key: its value, or a list of values in the order of the columns' names; or its digest, if only that is known. */
  readonly key?: string;
  /** The last event of the row that is in the ledger. */
  readonly eventId?: string;
}

/** The result of reconciling one table. */
export interface ReconciledTable {
  readonly table: string;
  /** The number of its rows. */
  readonly rows: number;
  /** When its baseline was taken. */
  readonly baselineAt: string;
  /** The number of mismatches of each kind. */
  readonly counts: Readonly<Partial<Record<MismatchKind, number>>>;
}

/** The result of comparing live rows with their events, as of one moment. */
export interface Reconciliation {
  readonly verdict: 'complete' | 'incomplete';
  readonly checkedAt: string;
  readonly tables: readonly ReconciledTable[];
  /** The first findings of each kind and table. */
  readonly findings: readonly Mismatch[];
  readonly totalFindings: number;
  /** What could not be compared, as sentences. */
  readonly notes: readonly string[];
}

/** Formats a mismatch as a line of text. */
export function describeMismatch({ kind, table, key, eventId }: Mismatch): string {
  const row = key === undefined ? '' : `, row ${key}`;
  return `${kind}  ${table}${row}: ${MISMATCHES[kind]}${eventId === undefined ? '' : ` (last event ${eventId})`}`;
}

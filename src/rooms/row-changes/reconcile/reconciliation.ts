const MISMATCHES = {
  row_changed: 'differs from its last event: it was changed without an event',
  row_incomparable: 'differs from its last event, which has columns that the table lost: take another baseline',
  row_relabelled:
    'differs from its last event, but an enum label of its table was renamed after the baseline: take another baseline',
  row_unknown: 'has no event, and is not in the baseline: it was added without an event',
  row_returned: 'exists although its last event deleted it: it was added again without an event',
  row_missing: 'is gone without an event that deleted it',
  change_parked:
    'has changes that the ledger cannot store: see audit_row_change_parked, and run "nestjs-audit-ledger capture retry"',
  change_unreadable:
    'has a change at this position that no trigger wrote: check which logins may insert into the table',
  event_duplicated: 'was added by an event although an earlier event had added it',
  baseline_altered: 'has a baseline that does not match its sealed digest',
  retired_altered:
    'has digests in audit_row_retired that do not match the digests that the ledger sealed when it retired events',
  table_unreadable:
    'cannot be read completely: its owner changed after the capture, so it may be another table; or row-level security hides rows from the owner of its functions',
  capture_gone:
    'is not captured, or was renamed, but no event records the end of its capture: run "nestjs-audit-ledger capture generate", and the migration that it writes',
} as const;

export type MismatchKind = keyof typeof MISMATCHES;

export interface Mismatch {
  readonly kind: MismatchKind;
  /** The table, such as `public.orders`. */
  readonly table: string;
  /** The row's key: a value, or a list of values sorted by column name. If only a digest of the key is known, this member has the digest. */
  readonly key?: string;
  /** The id of the row's last event in the ledger. */
  readonly eventId?: string;
}

export interface ReconciledTable {
  readonly table: string;
  readonly rows: number;
  readonly baselineAt: string;
  readonly counts: Readonly<Partial<Record<MismatchKind, number>>>;
}

/** The result of comparing live rows with their events at one moment. */
export interface Reconciliation {
  readonly verdict: 'complete' | 'incomplete';
  readonly checkedAt: string;
  readonly tables: readonly ReconciledTable[];
  /** The first findings of each kind and table. */
  readonly findings: readonly Mismatch[];
  readonly totalFindings: number;
  /** Sentences about rows that could not be compared. */
  readonly notes: readonly string[];
}

export function describeMismatch({ kind, table, key, eventId }: Mismatch): string {
  const row = key === undefined ? '' : `, row ${key}`;
  return `${kind}  ${table}${row}: ${MISMATCHES[kind]}${eventId === undefined ? '' : ` (last event ${eventId})`}`;
}

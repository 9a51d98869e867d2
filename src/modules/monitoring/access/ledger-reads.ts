/** The actions by which reading the ledger is an event itself; their outcomes are those of any action. */
export const LEDGER_READS = { viewed: 'audit_log_viewed', exported: 'audit_log_exported' } as const;
export type LedgerRead = (typeof LEDGER_READS)[keyof typeof LEDGER_READS];

/** The category of {@link LEDGER_READS}. */
export const LEDGER_READS_CATEGORY = 'audit_access';

const READS = Object.values(LEDGER_READS);

/** Filters whose values may be anybody's name or address: `details.customer=Ada` as well as `q=Ada`. */
const NAMING_FILTERS: ReadonlySet<string> = new Set(['q', 'details', 'metadata']);

/** The test of personal names for an event type: in the events of {@link LEDGER_READS}, such filters are personal as well. */
export function withNamingFilters(type: string, isPersonalName: (name: string) => boolean): (name: string) => boolean {
  const isRead = READS.some((read) => type.startsWith(read));
  return isRead ? (name) => NAMING_FILTERS.has(name) || isPersonalName(name) : isPersonalName;
}

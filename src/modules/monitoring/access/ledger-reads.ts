/** The actions that record reads of the ledger as events; their outcomes are those of any action. */
export const LEDGER_READS = { viewed: 'audit_log_viewed', exported: 'audit_log_exported' } as const;
export type LedgerRead = (typeof LEDGER_READS)[keyof typeof LEDGER_READS];

/** The category of {@link LEDGER_READS}. */
export const LEDGER_READS_CATEGORY = 'audit_access';

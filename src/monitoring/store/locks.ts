/** An advisory lock of a ledger. One session at a time can hold it. Each ledger of a database has its own locks. */
export interface LedgerLock {
  readonly class: number;
  /** A table of the ledger. The hash of the table's oid is the second half of the lock's key. */
  readonly table: string;
  /** Distinguishes several locks of a table. */
  readonly of?: string;
}

/** The first half of the key of each advisory lock. No number stands twice, so `pg_locks` shows what is locked. */
export const LOCK_CLASSES = {
  sequencer: 7_361_994,
  migrations: 7_361_995,
  lifecycle: 7_361_996,
  capture: 7_361_998,
  archives: 7_362_002,
  acts: 7_362_003,
  consumers: 7_362_004,
} as const;

/**
 * The name of the advisory lock of the ledger's database that whoever writes, removes or erases archives holds meanwhile:
 * `SELECT pg_advisory_lock(hashtext($1))`. So what a person is erased from is not archived again from what was read before.
 */
export const ARCHIVES_LOCK = 'audit_archives';

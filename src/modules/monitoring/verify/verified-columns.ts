import { columnsReadAs, READ_AS } from '../store/ledger-row.js';

/**
 * The columns of a row that is verified. What readers are shown alike is told apart: a time before Christ or with digits behind
 * its milliseconds, and an address with a mask, are none that the ledger's writer stored.
 */
export const VERIFIED_COLUMNS = columnsReadAs({
  ...READ_AS,
  occurred_at: `CASE WHEN occurred_at >= '0001-01-01 00:00:00+00' AND date_trunc('milliseconds', occurred_at) = occurred_at
                     THEN ${READ_AS.occurred_at} ELSE occurred_at::text END`,
  ip: 'abbrev(ip)',
});

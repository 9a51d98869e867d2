import { FEWEST_MONTHS_READY } from './ledger-state.js';
import { partOf, type KnownLedger, type StatePart } from './health-part.js';
import { ledgerErrors } from '../errors/ledger.errors.js';

/** Returns the part of the health report about the partitions for the coming months. */
export function partitionsPart({ state }: Pick<KnownLedger, 'state'>): StatePart {
  const { monthsReady = null, partitions = null, lastPartition = null } = state ?? {};
  const isLacking = monthsReady !== null && monthsReady < FEWEST_MONTHS_READY;
  return partOf(
    'partitions',
    [isLacking ? ledgerErrors.AUDIT_PARTITIONS_MISSING(monthsReady) : undefined],
    `${monthsReady ?? 'No'} consecutive months have a partition.`,
    { monthsReady, partitions, lastPartition },
  );
}

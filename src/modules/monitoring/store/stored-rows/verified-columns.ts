import type { EventField } from '../../sealing/event-layout.js';
import { exactTime } from '../exact-time.js';
import { columnsReadBy, readAs } from '../ledger-row.js';

/**
 * The columns of a row for verification. They keep differences that readers do not see: a time before Christ or with microseconds, and an
 * address with a mask, never come from the ledger's writer.
 */
export const VERIFIED_COLUMNS = columnsReadBy(verifiedAs);

function verifiedAs(field: EventField): string {
  const { column, kind } = field;
  if (kind === 'inet') return `abbrev(${column})`;
  return kind === 'time' ? exactTime(column) : readAs(field);
}

import type { LedgerAccess } from '../access/ledger-access.js';
import { eventOfRow, factsOfRow, type LedgerRow } from '../store/ledger-row.js';
import type { LedgerEvent } from './ledger-event.dto.js';

export type { JoinedChanges, LedgerEvent } from './ledger-event.dto.js';

/** The type and the id of a resource. */
export interface ResourceName {
  readonly type: string;
  readonly id: string;
}

/** Builds the event of a row, with its place. A person sees what others did to them, but no personal values of these others. */
export function eventFor(access: LedgerAccess, row: LedgerRow): LedgerEvent {
  const isOwn = access.scope !== 'subject' || row.actor_id === access.subjectId;
  const event = isOwn ? eventOfRow(row) : factsOfRow(row);
  return row.index === null ? event : { ...event, index: Number(row.index) };
}

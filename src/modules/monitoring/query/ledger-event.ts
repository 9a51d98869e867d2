import type { AuditEvent } from '../../../audit/plain.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import { eventOfRow, factsOfRow, type LedgerRow } from '../store/ledger-row.js';

/** The row changes that the `changes` of an event were taken from. They are not part of what was sealed. */
export interface JoinedChanges {
  /** Their ids, the oldest first. */
  readonly events: readonly string[];
  /** How many records they changed. `changes` is there for the operation's own resource, or for the only record. */
  readonly records: number;
  /** `false` if the operation has more than these. */
  readonly isWhole: boolean;
}

/** An event as the ledger has it. */
export interface LedgerEvent extends AuditEvent {
  /** Its place in the ledger, from 0; absent until it is sealed, about a second after it was stored. */
  readonly index?: number;
  /** The compliance tags that the catalogue gives the event's action; absent where it gives none. */
  readonly compliance?: readonly string[];
  /** The archive that it is from, when the database has it no more. */
  readonly archive?: string;
  /** Of an event whose `changes` are captured: which row changes they were taken from, when it was read. */
  readonly rowChanges?: JoinedChanges;
}

/** Something that things are done to. */
export interface ResourceName {
  readonly type: string;
  readonly id: string;
}

/** The event of a row, with its place. A person sees what others did to them, and nothing personal of these others. */
export function eventFor(access: LedgerAccess, row: LedgerRow): LedgerEvent {
  const isOwn = access.scope !== 'subject' || row.actor_id === access.subjectId;
  const event = isOwn ? eventOfRow(row) : factsOfRow(row);
  return row.index === null ? event : { ...event, index: Number(row.index) };
}

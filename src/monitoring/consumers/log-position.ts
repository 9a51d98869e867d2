import type { LedgerQueries } from '../store/sessions/ledger-session.js';

/** A sequence number, or a time. A time stands for the first event that was sealed at that time or later. */
export type LogPosition = number | Date;

/** A range between two sequence numbers or times. Without `from` or `to`, the range has no limit at that end. */
export type PositionRange = Readonly<Partial<Record<'from' | 'to', LogPosition | undefined>>>;

const SIGNED = 'SELECT size, signed_at FROM audit_checkpoint WHERE size >= $1 ORDER BY size LIMIT 1';

export async function sealedSize(session: LedgerQueries): Promise<number> {
  const [row] = await session.rows('SELECT coalesce(max(size), 0) AS sealed FROM audit_checkpoint', []);
  return Number(row?.sealed);
}

/** Finds the first event that was sealed at a time or later. A binary search works, because sizes of checkpoints ascend with time. */
export async function resolvePosition(session: LedgerQueries, position: LogPosition, sealed: number): Promise<number> {
  if (typeof position === 'number') return position;
  let [min, max] = [0, sealed];
  while (min < max) {
    const middle = Math.floor((min + max) / 2);
    const [row] = await session.rows(SIGNED, [middle + 1]); // the checkpoint that sealed this event
    if (row?.signed_at instanceof Date && row.signed_at < position) min = Number(row.size);
    else max = middle;
  }
  return min;
}

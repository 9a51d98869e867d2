import type { LedgerQueries } from '../store/sessions/ledger-session.js';

/** A sequence number, or a time. A time stands for the first event that was sealed at that time or later. */
export type Place = number | Date;

/** A range between two sequence numbers or times. Without `from` or `to`, the range has no limit at that end. */
export type PlaceRange = Readonly<Partial<Record<'from' | 'to', Place | undefined>>>;

const SIGNED = 'SELECT size, signed_at FROM audit_checkpoint WHERE size >= $1 ORDER BY size LIMIT 1';

export async function sealedSize(session: LedgerQueries): Promise<number> {
  const [row] = await session.rows('SELECT coalesce(max(size), 0) AS sealed FROM audit_checkpoint', []);
  return Number(row?.sealed);
}

/** Finds the first event that was sealed at a time or later. A binary search works, because sizes of checkpoints ascend with time. */
export async function placeOf(session: LedgerQueries, place: Place, sealed: number): Promise<number> {
  if (typeof place === 'number') return place;
  let [least, most] = [0, sealed];
  while (least < most) {
    const middle = Math.floor((least + most) / 2);
    const [row] = await session.rows(SIGNED, [middle + 1]); // the checkpoint that sealed this event
    if (row?.signed_at instanceof Date && row.signed_at < place) least = Number(row.size);
    else most = middle;
  }
  return least;
}

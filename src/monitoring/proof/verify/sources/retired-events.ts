import type { LedgerSession } from '../../../store/sessions/ledger-session.js';
import type { LeafSpan, RetirementRange } from './log-source.js';

export interface RetiredEvents {
  /** Whether the event at this index may be missing. */
  isRetired(index: number, eventId: string | undefined): boolean;
  /** Whether the event at this index must be missing. */
  isOver(index: number): boolean;
  /** Whether a given archive proves the event at this index. */
  isProven(index: number): boolean;
}

/** The LIMIT is safe, because the ranges of one retirement do not overlap, and an event rarely belongs to several retirements. */
const SELECT_RANGES_AT = `
  SELECT retirement_id, first_index, last_index FROM (
    SELECT * FROM audit_retired_range WHERE last_index >= $1 ORDER BY last_index LIMIT $3) near
   WHERE first_index < $2`;

export async function retiredEvents(
  snapshot: LedgerSession,
  { from, to }: LeafSpan,
  retirements: readonly RetirementRange[],
): Promise<RetiredEvents> {
  if (retirements.length === 0) return { isRetired: () => false, isOver: () => false, isProven: () => false };
  const known = new Map(retirements.map((retirement) => [retirement.id, retirement]));
  const of = new Map<number, RetirementRange[]>();
  for (const row of await snapshot.rows(SELECT_RANGES_AT, [from, to, 2 * (to - from)], 'verify_retired')) {
    const retirement = known.get(String(row.retirement_id));
    if (!retirement) continue;
    const end = Math.min(Number(row.last_index), to - 1);
    for (let index = Math.max(Number(row.first_index), from); index <= end; index++) {
      of.set(index, [...(of.get(index) ?? []), retirement]);
    }
  }
  return {
    isRetired: (index, eventId) =>
      eventId !== undefined && (of.get(index) ?? []).some(({ beforeId }) => eventId < beforeId),
    isOver: (index) => {
      const own = of.get(index) ?? [];
      return own.length > 0 && own.every(({ isOver }) => isOver);
    },
    isProven: (index) => (of.get(index) ?? []).some(({ isProven = false }) => isProven),
  };
}

import type { LedgerRow } from '../../store/ledger-row.js';
import type { EventFilters } from '../event-filters.dto.js';
import { timeOf } from '../query-times.js';

/** A retirement whose events may be gone from the database. */
interface RetiredPart {
  readonly archive: string;
  readonly month?: string;
}

/** Reads, from the ledger's own tables, which archives hold events that the database may no longer have. */
export const RETIRED_PARTS = `
  SELECT archive, partition FROM audit_retirement WHERE state IN ('announced', 'retired') ORDER BY archive`;

/** Reads the months of these parts without the archives, which may be many. */
export const RETIRED_MONTHS = `
  SELECT DISTINCT '' AS archive, partition FROM audit_retirement WHERE state IN ('announced', 'retired')`;

const PARTITION = /^audit_event_(\d{4})_(\d\d)$/;

/** The part of a row of {@link RETIRED_PARTS}. */
function retiredPartOf({ archive, partition }: LedgerRow): RetiredPart {
  const [, year, month] = PARTITION.exec(String(partition)) ?? [];
  return {
    archive: String(archive),
    ...(year === undefined || month === undefined ? {} : { month: `${year}-${month}` }),
  };
}

/** `from` is inclusive, `to` is not. */
export interface TimeRange {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/** The range of time that a query asks for. */
export function rangeAsked({ from, to }: Pick<EventFilters, 'from' | 'to'>): TimeRange {
  return { ...(from === undefined ? {} : { from: timeOf(from) }), ...(to === undefined ? {} : { to: timeOf(to) }) };
}

/** The intersection of two ranges of time. */
export function withinBoth(one: TimeRange, other: TimeRange = {}): TimeRange {
  const from = [one.from, other.from].filter((time) => time !== undefined);
  const to = [one.to, other.to].filter((time) => time !== undefined);
  return {
    ...(from.length > 0 && { from: new Date(Math.max(...from.map(Number))) }),
    ...(to.length > 0 && { to: new Date(Math.min(...to.map(Number))) }),
  };
}

/** The parts, of rows of {@link RETIRED_PARTS}, whose events may lie in a range of time. */
export function partsWithin(rows: readonly LedgerRow[], { from, to }: TimeRange): readonly RetiredPart[] {
  return rows.map(retiredPartOf).filter(({ month }) => {
    if (month === undefined) return true;
    const begin = Date.parse(`${month}-01T00:00:00Z`);
    const end = new Date(begin).setUTCMonth(new Date(begin).getUTCMonth() + 1);
    return (from === undefined || from.getTime() < end) && (to === undefined || to.getTime() > begin);
  });
}

/** The months of the parts, each once, ascending. */
export function monthsOfParts(parts: readonly RetiredPart[]): readonly string[] {
  return [...new Set(parts.flatMap(({ month }) => month ?? []))].toSorted();
}

import { getAcceptedAt } from '../../events/accepted-at.js';
import type { Gap } from '../../events/gap.js';
import type { ListedEvent } from './search-types.js';

export type Order = 'desc' | 'asc';

export type ListRow =
  | { readonly kind: 'day'; readonly key: string; readonly at: string }
  | {
      readonly kind: 'event';
      readonly key: string;
      readonly event: ListedEvent;
      /** Absent for the row changes of an operation, which are parts of its event. */
      readonly nth?: number;
      readonly isOpen?: boolean;
    }
  | { readonly kind: 'gap'; readonly key: string; readonly gap: Gap };

/** `formatDay` uses the reader's time zone. */
export function buildRows(
  events: readonly ListedEvent[],
  gaps: readonly Gap[],
  order: Order,
  formatDay: (at: string) => string,
  parts: ReadonlyMap<string, readonly ListedEvent[]> = new Map(),
): ListRow[] {
  const rows: ListRow[] = [];
  const waiting = [...gaps].sort((one, other) => (order === 'asc' ? one.first - other.first : other.last - one.last));
  let day: string | undefined;
  for (const [index, event] of events.entries()) {
    const reached = ({ first, last }: Gap) =>
      event.index !== undefined && (order === 'asc' ? event.index >= first : event.index <= last);
    for (let next = waiting[0]; next !== undefined && reached(next); next = waiting[0]) {
      rows.push(toGapRow(next));
      waiting.shift();
    }
    const at = getAcceptedAt(event);
    const itsDay = formatDay(at);
    if (itsDay !== day) rows.push({ kind: 'day', key: `day ${itsDay} ${event.id}`, at });
    day = itsDay;
    const own = parts.get(event.id);
    rows.push({ kind: 'event', key: event.id, event, nth: index + 1, isOpen: own !== undefined });
    for (const part of own ?? []) rows.push({ kind: 'event', key: part.id, event: part });
  }
  return [...rows, ...waiting.map(toGapRow)];
}

function toGapRow(gap: Gap): ListRow {
  return { kind: 'gap', key: `gap ${gap.kind} ${gap.first} ${gap.act?.id ?? ''}`, gap };
}

export function getIndexRange(
  events: readonly ListedEvent[],
): { readonly first: number; readonly last: number } | undefined {
  const indexes = events.map(({ index }) => index).filter((index) => index !== undefined);
  if (indexes.length === 0) return undefined;
  return { first: Math.min(...indexes), last: Math.max(...indexes) };
}

const QUARTER_HOUR_MS = 900_000;

/** Every time zone's offset is a multiple of a quarter of an hour. */
export function cacheDays(formatDay: (at: string) => string): (at: string) => string {
  const known = new Map<number, string>();
  return (at) => {
    const quarter = Math.floor(Date.parse(at) / QUARTER_HOUR_MS);
    const day = known.get(quarter) ?? formatDay(at);
    known.set(quarter, day);
    return day;
  };
}

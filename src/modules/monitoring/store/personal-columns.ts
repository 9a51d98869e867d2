import { PERSONAL_BITS } from '../../../../migrations/audit-personal-columns.js';

/** Where the values of the columns that always are personal stood in the event. */
export const PERSONAL_COLUMNS = {
  actor_name: '/actor/name',
  ip: '/request/ip',
  user_agent: '/request/userAgent',
} as const;

/** A column whose value is a fact in one event and personal in another. */
export interface MarkedColumn {
  readonly name: keyof typeof PERSONAL_BITS;
  /** Where its value stood in the event. */
  readonly pointer: string;
  /** Set in the column `personal_columns` of an event of which it is personal. */
  readonly bit: number;
}

const POINTERS: Readonly<Record<keyof typeof PERSONAL_BITS, string>> = {
  actor_id: '/actor/id',
  session_id: '/actor/sessionId',
  on_behalf_of: '/actor/onBehalfOf',
  resource_id: '/resource/id',
  request_id: '/request/id',
  trace_id: '/request/traceId',
  reason: '/reason',
};

/** In the order of the bits. */
export const MARKED_COLUMNS: readonly MarkedColumn[] = (Object.keys(PERSONAL_BITS) as (keyof typeof PERSONAL_BITS)[]) // its own keys
  .map((name) => ({ name, pointer: POINTERS[name], bit: PERSONAL_BITS[name] }));

/** All columns that hold a value of a personal part, and where it stood. */
export const OWN_POINTERS: ReadonlySet<string> = new Set([
  ...Object.values(PERSONAL_COLUMNS),
  ...Object.values(POINTERS),
]);

/** An expression of SQL for a column's value as far as it is a fact: null where it is personal. */
export function factColumn(name: string): string {
  const bit = Object.entries(PERSONAL_BITS).find(([column]) => column === name)?.[1];
  return bit === undefined ? name : `CASE WHEN coalesce(personal_columns, 0) & ${bit} = 0 THEN ${name} END`;
}

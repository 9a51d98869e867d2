import { EVENT_FIELDS } from '../sealing/event-layout.js';

/**
 * The columns with values of personal parts, and the values' places in the event. A bit in the column `personal_columns` says that the value
 * of this event is personal; without one, the column always is.
 */
const OWN_COLUMNS = EVENT_FIELDS.filter(({ personal, bit }) => personal === 'always' || bit !== 0).map(
  ({ column: name, pointer, bit }) => ({ name, pointer, bit }),
);

/** The columns that are always personal. */
export const PERSONAL_COLUMNS = OWN_COLUMNS.filter(({ bit }) => bit === 0);

/** The columns that are personal in some events, in the order of the bits. */
export const MARKED_COLUMNS = OWN_COLUMNS.filter(({ bit }) => bit !== 0).toSorted((one, other) => one.bit - other.bit);

/**
 * A SQL expression for a column's value if it is a fact; null if it is personal.
 *
 * @param row in front of each column, with a dot
 */
export function factColumn(name: string, row = ''): string {
  const bit = MARKED_COLUMNS.find((marked) => marked.name === name)?.bit;
  return bit === undefined ? name : `CASE WHEN coalesce(${row}personal_columns, 0) & ${bit} = 0 THEN ${row}${name} END`;
}

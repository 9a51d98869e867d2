import { EVENT_FIELDS } from '../sealing/event-layout.js';

/** A column with a value of a personal part, and the value's place in the event. */
export interface PersonalColumn {
  readonly name: string;
  readonly pointer: string;
}

/** A column whose value is a fact in one event and personal in another. */
export interface MarkedColumn extends PersonalColumn {
  /** The bit in the column `personal_columns` that is set on an event whose value is personal. */
  readonly bit: number;
}

/** The columns that are always personal. */
export const PERSONAL_COLUMNS: readonly PersonalColumn[] = EVENT_FIELDS.filter(
  ({ personal }) => personal === 'always',
).map(({ column, pointer }) => ({ name: column, pointer }));

/** The columns that are personal in some events, in the order of the bits. */
export const MARKED_COLUMNS: readonly MarkedColumn[] = EVENT_FIELDS.filter(({ bit }) => bit !== 0)
  .map(({ column, pointer, bit }) => ({ name: column, pointer, bit }))
  .toSorted((one, other) => one.bit - other.bit);

/**
 * A SQL expression for a column's value if it is a fact; null if it is personal.
 *
 * @param row in front of each column, with a dot
 */
export function factColumn(name: string, row = ''): string {
  const bit = MARKED_COLUMNS.find((marked) => marked.name === name)?.bit;
  return bit === undefined ? name : `CASE WHEN coalesce(${row}personal_columns, 0) & ${bit} = 0 THEN ${row}${name} END`;
}

import { PERSONAL_FIELDS } from '../proof/sealing/event-layout.js';

const OWN_COLUMNS = PERSONAL_FIELDS.map(({ column: name, pointer, bit }) => ({ name, pointer, bit }));

export const PERSONAL_COLUMNS = OWN_COLUMNS.filter(({ bit }) => bit === 0);

/** The columns that are personal only in some events, in the order of their bits. */
export const MARKED_COLUMNS = OWN_COLUMNS.filter(({ bit }) => bit !== 0).toSorted((one, other) => one.bit - other.bit);

/**
 * Returns a SQL expression for a column's value: null if the value is personal.
 *
 * @param row the prefix of each column, with a dot
 */
export function factColumn(name: string, row = ''): string {
  const bit = MARKED_COLUMNS.find((marked) => marked.name === name)?.bit;
  return bit === undefined ? name : `CASE WHEN coalesce(${row}personal_columns, 0) & ${bit} = 0 THEN ${row}${name} END`;
}

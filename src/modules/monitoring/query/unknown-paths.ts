import { nearestName } from '../../../audit/plain.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import type { LedgerReader } from '../store/ledger-reader.service.js';
import type { LedgerRow } from '../store/ledger-row.js';
import { QueryTooSlowError } from '../store/sessions/query-too-slow.error.js';
import { IN_ORDER, selectEvents } from './access-source.js';
import { conditionsThat } from './filter-sql.js';
import { SqlValues } from './sql-values.js';

/** Whoever waits for a page does not wait longer for a hint. */
const SETTINGS = { ...IN_ORDER, statement_timeout: '1000' };

interface NamedField {
  readonly root: 'details' | 'metadata';
  readonly name: string;
}

/** Says what was probably meant by each field that none of the newest 1,000 events has. */
export async function notesOnFields(
  reader: LedgerReader,
  access: LedgerAccess,
  fields: readonly NamedField[],
): Promise<readonly string[]> {
  if (fields.length === 0) return [];
  const values = new SqlValues();
  const columns = 'id, actor_id, details, metadata, personal';
  const newest = selectEvents({ access, columns, conditions: [], tail: 'ORDER BY id DESC LIMIT 1000' }, values);
  const known = fields.map(({ root, name }) => {
    const isThere = { on: 'path', root, path: name, anyOf: [{ is: 'present' }], isNot: false } as const;
    return `EXISTS (SELECT FROM newest WHERE ${conditionsThat([isThere], access, values).join(' AND ')})`;
  });
  const namesIn = (root: string) =>
    `ARRAY(SELECT DISTINCT json_object_keys(${root}::json) FROM newest WHERE json_typeof(${root}::json) = 'object') AS ${root}`;
  const text = `
    WITH newest AS (${newest})
    SELECT ARRAY[${known.join(', ')}] AS known, ${namesIn('details')}, ${namesIn('metadata')}`;
  const [found] = (await rowsInTime(reader, access, text, values)) ?? [];
  if (!found) return [];
  return fields.flatMap(({ root, name }, nth) => {
    const meant = (found.known as readonly boolean[])[nth]
      ? undefined
      : nearestName(name, found[root] as readonly string[]);
    return meant === undefined
      ? []
      : [`${root}.${name}: no recent event has this field; did you mean ${root}.${meant}?`];
  });
}

/** Reads rows for a hint; `undefined` if that takes too long. */
export async function rowsInTime(
  reader: LedgerReader,
  access: LedgerAccess,
  text: string,
  values: SqlValues,
): Promise<readonly LedgerRow[] | undefined> {
  try {
    return await reader.eventRows(access, text, values.list, SETTINGS);
  } catch (error) {
    if (error instanceof QueryTooSlowError) return undefined;
    throw error;
  }
}

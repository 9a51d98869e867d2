import { nearestName } from '../../../audit/plain.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import type { LedgerReader } from '../store/ledger-reader.service.js';
import type { LedgerRow } from '../store/ledger-row.js';
import { QueryTooSlowError } from '../store/sessions/query-too-slow.error.js';
import { selectEvents } from './access-source.js';
import { conditionsThat } from './filter-sql.js';
import { SqlValues } from './sql-values.js';

/** Whoever waits for a page does not wait longer for a hint. */
const SETTINGS = { enable_seqscan: 'off', jit: 'off', statement_timeout: '1000' };

interface NamedField {
  readonly root: 'details' | 'metadata';
  readonly name: string;
}

/** Says what was probably meant by a field that none of the newest 1,000 events has. */
export async function noteOnField(
  reader: LedgerReader,
  access: LedgerAccess,
  { root, name }: NamedField,
): Promise<string | undefined> {
  const values = new SqlValues();
  const columns = 'id, actor_id, details, metadata, personal';
  const newest = selectEvents({ access, columns, conditions: [], tail: 'ORDER BY id DESC LIMIT 1000' }, values);
  const isThere = { on: 'path', root, path: name, anyOf: [{ is: 'present' }], isNot: false } as const;
  const text = `
    WITH newest AS (${newest})
    SELECT EXISTS (SELECT FROM newest WHERE ${conditionsThat([isThere], access, values).join(' AND ')}) AS has,
           ARRAY(SELECT DISTINCT json_object_keys(${root}::json) FROM newest WHERE json_typeof(${root}::json) = 'object') AS names`;
  const [found] = (await rowsInTime(reader, access, text, values)) ?? [];
  const meant = found?.has === false ? nearestName(name, found.names as readonly string[]) : undefined; // of texts
  return meant === undefined
    ? undefined
    : `${root}.${name}: no recent event has this field; did you mean ${root}.${meant}?`;
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

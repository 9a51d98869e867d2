import { nearestName, type Catalogue } from '../../../audit/nest-free.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import { LEDGER_READS, LEDGER_READS_CATEGORY } from '../access/ledger-reads.js';
import type { LedgerReader } from '../../store/ledger-reader.service.js';
import { IN_ORDER, selectEvents, unlessTooSlow } from './access-source.js';
import { boundsOf, RETIRED_MONTHS } from './archived/archived-events.service.js';
import type { EventFilters } from './event-filters.dto.js';
import { conditionsThat } from './filter-sql.js';
import { comparisonsOf, type Given } from './given-values.js';
import { SqlValues } from './sql-values.js';

const NAMED = ['type', 'action', 'category'] as const;
/** A ledger that nobody has read has no such event yet, but the names are right. */
const OWN_READS = Object.values(LEDGER_READS).map((type) => ({ type, action: type, category: LEDGER_READS_CATEGORY }));
type Named = (typeof NAMED)[number];

type Names = Readonly<Record<Named, string>>;

/**
 * Returns a note if events wait to be sealed, and a hint for each type, action or category in a query that neither the catalogue nor a visible event contains. If the query found
 * nothing and names details or metadata that no recent event has, also suggests similar names. Reads the ledger for such details or
 * metadata, and for names that neither the catalogue nor `shown` contains. Each read is limited to a second. A read that takes longer
 * yields no hint.
 *
 * @param shown events that the query found
 * @throws `AUDIT_LEDGER_UNAVAILABLE`
 */
export async function notesOnValues(
  reader: LedgerReader,
  catalogue: Catalogue,
  access: LedgerAccess,
  query: EventFilters,
  shown: readonly Names[] = [],
): Promise<readonly string[]> {
  const names = [...notesOnWaiting(reader, access), ...(await notesOnNames(reader, catalogue, access, query, shown))];
  if (shown.length > 0) return names;
  const fields = (['details', 'metadata'] as const).flatMap((root) =>
    [...new Set(Object.keys(query[root] ?? {}).map((path) => path.split('.')[0] ?? ''))].map((name) => ({
      root,
      name,
    })),
  );
  return [...names, ...(await notesOnFields(reader, access, fields))];
}

/** The number would tell a reader of a part about the other parts. */
function notesOnWaiting({ waiting }: LedgerReader, access: LedgerAccess): readonly string[] {
  if (!waiting) return [];
  const how = access.scope === 'all' ? `${waiting.events} event(s)` : 'events';
  return [
    `${how} of all that are stored wait to be sealed since ${waiting.since.toISOString()}, and are not in this answer`,
  ];
}

async function notesOnNames(
  reader: LedgerReader,
  catalogue: Catalogue,
  access: LedgerAccess,
  query: EventFilters,
  shown: readonly Names[],
): Promise<readonly string[]> {
  const listed = [...catalogue.knownTypes(), ...OWN_READS];
  const asked = NAMED.flatMap((name) => askedOf(name, query[name])).filter(
    ({ name, value }) => !isAmong([...listed, ...shown], name, value) && catalogue.canonicalName(value) === value,
  );
  if (asked.length === 0) return [];
  const stored = await storedNames(reader, access);
  if (!stored) return [];
  const unknown = asked.filter(({ name, value }) => !isAmong(stored, name, value));
  if (unknown.length === 0) return [];
  const isWhole =
    access.scope === 'all' && (await reader.rows(RETIRED_MONTHS, boundsOf(), 'audit_retired_months')).length === 0;
  const who = access.scope === 'all' ? 'no event in the database has' : 'no event that you may see has';
  return unknown.map(({ name, value, written }) => {
    const has = isWhole ? 'no event has ever had' : who;
    const which = value.endsWith('*') ? `a ${name} with this prefix` : `this ${name}`;
    const meant = nearestName(value, [...new Set([...listed, ...stored].map((names) => names[name]))]);
    return `${written}=${value}: ${has} ${which}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
  });
}

interface Asked {
  readonly name: Named;
  /** The name of the filter as it was written, with its operator. */
  readonly written: string;
  readonly value: string;
}

function askedOf(name: Named, given: Given<string> | undefined): readonly Asked[] {
  return comparisonsOf(given).flatMap(([operator, values]) => {
    const written = operator === 'is' ? name : `${name}[${operator}]`;
    return operator === 'exists' ? [] : values.map((value) => ({ name, written, value: String(value) }));
  });
}

function isAmong(known: readonly Names[], name: Named, value: string): boolean {
  const beginning = value.endsWith('*') ? value.slice(0, -1) : undefined;
  return known.some((names) => names[name] === value || (beginning !== undefined && names[name].startsWith(beginning)));
}

async function storedNames(reader: LedgerReader, access: LedgerAccess): Promise<readonly Names[] | undefined> {
  const values = new SqlValues();
  const columns = NAMED.join(', ');
  const text =
    access.scope === 'subject'
      ? `SELECT DISTINCT ${columns} FROM (${selectEvents({ access, columns, conditions: [] }, values)}) AS own`
      : firstOfEachType(columns);
  const rows = await reader.eventRows(access, text, values.list, SETTINGS).catch(unlessTooSlow);
  return rows as readonly Names[] | undefined; // the selected columns
}

/** The duration of this SQL query depends on the number of types, not on the number of events. */
function firstOfEachType(columns: string): string {
  return `
    WITH RECURSIVE first AS (
      (SELECT ${columns} FROM audit_event ORDER BY type LIMIT 1)
      UNION ALL
      SELECT next.* FROM first, LATERAL (
        SELECT ${columns} FROM audit_event WHERE type > first.type ORDER BY type LIMIT 1) AS next)
    SELECT ${columns} FROM first`;
}

/** The time limit is short, because the response waits for the hints. */
export const SETTINGS = { ...IN_ORDER, statement_timeout: '1000' };

interface NamedField {
  readonly root: 'details' | 'metadata';
  readonly name: string;
}

async function notesOnFields(
  reader: LedgerReader,
  access: LedgerAccess,
  fields: readonly NamedField[],
): Promise<readonly string[]> {
  if (fields.length === 0) return [];
  const values = new SqlValues();
  const columns = 'id, actor_id, details, metadata, personal';
  const newest = selectEvents({ access, columns, conditions: [], tail: 'ORDER BY id DESC LIMIT 1000' }, values);
  const known = fields.map(({ root, name }) => {
    const isThere = { on: 'path', root, path: name.split('.'), anyOf: [{ is: 'present' }], isNot: false } as const;
    return `EXISTS (SELECT FROM newest WHERE ${conditionsThat([isThere], access, values).join(' AND ')})`;
  });
  const namesIn = (root: string) =>
    `ARRAY(SELECT DISTINCT json_object_keys(${root}::json) FROM newest WHERE json_typeof(${root}::json) = 'object') AS ${root}`;
  const text = `
    WITH newest AS (${newest})
    SELECT ARRAY[${known.join(', ')}] AS known, ${namesIn('details')}, ${namesIn('metadata')}`;
  const [found] = (await reader.eventRows(access, text, values.list, SETTINGS).catch(unlessTooSlow)) ?? [];
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

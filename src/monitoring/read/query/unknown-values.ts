import { findMisspelledName, type Catalogue, findNearestName } from '../../../audit/nest-free.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import { LEDGER_READS_CATEGORY, LEDGER_READS } from '../access/own-events.js';
import type { LedgerReader } from '../../store/ledger-reader.service.js';
import { selectEvents, undefinedIfTooSlow, INDEX_ORDER_SETTINGS } from './access-source.js';
import type { ListFilters, EventFilters } from './event-query.dto.js';
import { FIELD_NAMES } from './field-filters.js';
import { buildPredicateConditions } from './filter-sql.js';
import { listComparisons, type FilterValue } from './filter-values.js';
import { buildPredicates, type Predicate } from './predicates.js';
import { splitWords } from './query-parameters.js';
import { SqlValues } from './sql-values.js';
import { resolveOptionalRange } from './time-range.js';
import { SUMMARY_WORDS, removeFillers } from './word-meanings.js';
import { toBounds, RETIRED_MONTHS } from './archived/archived-events.service.js';

/** A condition of a query that can be the only reason for an empty result. */
interface Part {
  /** The condition as it was written, for the note. */
  readonly written: string;
  readonly predicates: readonly Predicate[];
  readonly word?: string;
}

const ALL_BUT_READS = `category[ne]=${LEDGER_READS_CATEGORY}`;

/**
 * Returns notes that name the conditions because of which a query found nothing: those that no event matches, or else those without which
 * events match. The filter that leaves out reads of the ledger is never named as a condition. Each of the two reads is limited to a
 * second. A read that takes longer yields no note.
 *
 * @throws `AUDIT_LEDGER_UNAVAILABLE`
 */
export async function notesOnParts(
  reader: LedgerReader,
  catalogue: Catalogue,
  access: LedgerAccess,
  query: ListFilters,
): Promise<readonly string[]> {
  const all = listQueryParts(query, catalogue);
  const hidden = all.filter(({ written }) => written === ALL_BUT_READS);
  const parts = all.filter((part) => !hidden.includes(part));
  const range = resolveOptionalRange(query);
  const times: readonly Predicate[] =
    query.from === undefined && query.to === undefined ? [] : [{ on: 'time', ...range }];
  const isWithin = times.length > 0;

  const exist = async (sets: readonly (readonly Predicate[])[]): Promise<readonly boolean[] | undefined> => {
    const values = new SqlValues();
    const found = sets.map((predicates) => {
      const conditions = buildPredicateConditions(predicates, access, values);
      return `EXISTS (${selectEvents({ access, columns: 'id', conditions, tail: 'LIMIT 1' }, values)})`;
    });
    const text = `SELECT ARRAY[${found.join(', ')}] AS found`;
    const [row] = (await reader.eventRows(access, text, values.list, SETTINGS).catch(undefinedIfTooSlow)) ?? [];
    return row?.found as readonly boolean[] | undefined; // the selected column
  };

  // a single condition, unless it is a word, is just the query
  if (parts.length > 1 || parts[0]?.word !== undefined) {
    const alone = await exist(parts.map(({ predicates }) => [...predicates, ...times]));
    const unmatched = parts.filter((_, nth) => alone?.[nth] === false);
    if (alone === undefined || unmatched.length > 0) return unmatched.map((part) => noteOn(part, isWithin, catalogue));
  }

  const removable = [
    ...(parts.length > 1 ? parts : []).map((part) => ({
      without: `without ${part.written}`,
      rest: all.filter((other) => other !== part),
      times,
    })),
    ...(isWithin ? [{ without: 'in all time', rest: all, times: [] }] : []),
    ...(hidden.length > 0 ? [{ without: 'with the reads of the ledger (category:*)', rest: parts, times }] : []),
  ];
  if (removable.length === 0) return [];
  const found = await exist(
    removable.map(({ rest, times: own }) => [...rest.flatMap(({ predicates }) => predicates), ...own]),
  );
  if (found === undefined) return [];
  const ways = removable.filter((_, nth) => found[nth] === true).map(({ without }) => without);
  if (ways.length > 0) return [`events match ${ways.join(', or ')}`];
  return parts.length > 1 ? ['each condition has events, but no event matches all of them'] : [];
}

function noteOn({ written, word }: Part, isWithin: boolean, catalogue: Catalogue): string {
  const when = isWithin ? ' in this range of time' : '';
  if (word === undefined) return `${written}: no event${when} matches this`;
  const meant = findMisspelledName(word.toLowerCase(), [...SUMMARY_WORDS, ...listTypeWords(catalogue)]);
  return `${word}: no event${when} has this word${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

function listTypeWords(catalogue: Catalogue): readonly string[] {
  return catalogue.knownTypes().flatMap(({ type }) => type.split('_'));
}

function listQueryParts(query: ListFilters, catalogue: Catalogue): readonly Part[] {
  const fieldParts = [...FIELD_NAMES, 'compliance' as const].flatMap((name) =>
    listComparisons(query[name]).map(([operator, values]): Part => {
      const written = formatFilter(name, operator, values);
      return { written, predicates: buildPredicates({ [name]: { [operator]: values } }, catalogue) };
    }),
  );
  const pathParts = (['details', 'metadata'] as const).flatMap((root) =>
    Object.entries(query[root] ?? {}).flatMap(([path, input]) =>
      listComparisons(input).map(([operator, values]): Part => {
        const written = formatFilter(`${root}.${path}`, operator, values);
        return { written, predicates: buildPredicates({ [root]: { [path]: { [operator]: values } } }, catalogue) };
      }),
    ),
  );
  const others = (['about', 'related', 'changed'] as const).flatMap((name): readonly Part[] => {
    const input = query[name];
    if (input === undefined) return [];
    return [
      { written: formatFilter(name, 'is', [input].flat()), predicates: buildPredicates({ [name]: input }, catalogue) },
    ];
  });
  const findsReads = buildPredicates(query, catalogue).some((one) => one.on === 'words' && one.findsReads);
  const words = (query.q === undefined ? [] : removeFillers(splitWords(query.q))).map((word): Part => {
    return { written: word, word, predicates: [{ on: 'words', words: [word], findsReads }] };
  });
  return [...fieldParts, ...pathParts, ...others, ...words];
}

function formatFilter(name: string, operator: string, values: readonly unknown[]): string {
  return `${name}${operator === 'is' ? '' : `[${operator}]`}=${values.map(String).join(',')}`;
}

const NAME_FILTERS = ['type', 'action', 'category'] as const;
/** A ledger that nobody has read has no such event yet, but the names are right. */
const OWN_READS = Object.values(LEDGER_READS).map((type) => ({ type, action: type, category: LEDGER_READS_CATEGORY }));
type Named = (typeof NAME_FILTERS)[number];

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
  const requested = NAME_FILTERS.flatMap((name) => listRequestedNames(name, query[name])).filter(
    ({ name, value }) => !isKnownName([...listed, ...shown], name, value) && catalogue.canonicalName(value) === value,
  );
  if (requested.length === 0) return [];
  const stored = await storedNames(reader, access);
  if (!stored) return [];
  const unknown = requested.filter(({ name, value }) => !isKnownName(stored, name, value));
  if (unknown.length === 0) return [];
  const isComplete =
    access.scope === 'all' && (await reader.rows(RETIRED_MONTHS, toBounds(), 'audit_retired_months')).length === 0;
  const who = access.scope === 'all' ? 'no event in the database has' : 'no event that you may see has';
  return unknown.map(({ name, value, written }) => {
    const has = isComplete ? 'no event has ever had' : who;
    const which = value.endsWith('*') ? `a ${name} with this prefix` : `this ${name}`;
    const meant = findNearestName(value, [...new Set([...listed, ...stored].map((names) => names[name]))]);
    return `${written}=${value}: ${has} ${which}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
  });
}

interface Asked {
  readonly name: Named;
  /** The name of the filter as it was written, with its operator. */
  readonly written: string;
  readonly value: string;
}

function listRequestedNames(name: Named, input: FilterValue<string> | undefined): readonly Asked[] {
  return listComparisons(input).flatMap(([operator, values]) => {
    const written = operator === 'is' ? name : `${name}[${operator}]`;
    return operator === 'exists' ? [] : values.map((value) => ({ name, written, value: String(value) }));
  });
}

function isKnownName(known: readonly Names[], name: Named, value: string): boolean {
  const beginning = value.endsWith('*') ? value.slice(0, -1) : undefined;
  return known.some((names) => names[name] === value || (beginning !== undefined && names[name].startsWith(beginning)));
}

async function storedNames(reader: LedgerReader, access: LedgerAccess): Promise<readonly Names[] | undefined> {
  const values = new SqlValues();
  const columns = NAME_FILTERS.join(', ');
  const text =
    access.scope === 'subject'
      ? `SELECT DISTINCT ${columns} FROM (${selectEvents({ access, columns, conditions: [] }, values)}) AS own`
      : buildFirstPerType(columns);
  const rows = await reader.eventRows(access, text, values.list, SETTINGS).catch(undefinedIfTooSlow);
  return rows as readonly Names[] | undefined; // the selected columns
}

/** The duration of this SQL query depends on the number of types, not on the number of events. */
function buildFirstPerType(columns: string): string {
  return `
    WITH RECURSIVE first AS (
      (SELECT ${columns} FROM audit_event ORDER BY type LIMIT 1)
      UNION ALL
      SELECT next.* FROM first, LATERAL (
        SELECT ${columns} FROM audit_event WHERE type > first.type ORDER BY type LIMIT 1) AS next)
    SELECT ${columns} FROM first`;
}

/** The time limit is short, because the response waits for the hints. */
const SETTINGS = { ...INDEX_ORDER_SETTINGS, statement_timeout: '1000' };

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
    return `EXISTS (SELECT FROM newest WHERE ${buildPredicateConditions([isThere], access, values).join(' AND ')})`;
  });
  const namesIn = (root: string) =>
    `ARRAY(SELECT DISTINCT json_object_keys(${root}::json) FROM newest WHERE json_typeof(${root}::json) = 'object') AS ${root}`;
  const text = `
    WITH newest AS (${newest})
    SELECT ARRAY[${known.join(', ')}] AS known, ${namesIn('details')}, ${namesIn('metadata')}`;
  const [found] = (await reader.eventRows(access, text, values.list, SETTINGS).catch(undefinedIfTooSlow)) ?? [];
  if (!found) return [];
  return fields.flatMap(({ root, name }, nth) => {
    const meant = (found.known as readonly boolean[])[nth]
      ? undefined
      : findNearestName(name, found[root] as readonly string[]);
    return meant === undefined
      ? []
      : [`${root}.${name}: no recent event has this field; did you mean ${root}.${meant}?`];
  });
}

import { misspeltName, type Catalogue } from '../../../audit/nest-free.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import { LEDGER_READS_CATEGORY } from '../access/ledger-reads.js';
import type { LedgerReader } from '../../store/ledger-reader.service.js';
import { selectEvents, unlessTooSlow } from './access-source.js';
import type { ListFilters } from './event-filters.dto.js';
import { FIELD_NAMES } from './field-filters.js';
import { conditionsThat } from './filter-sql.js';
import { comparisonsOf } from './given-values.js';
import { predicatesOf, type Predicate } from './predicates.js';
import { wordsOf } from './query-values.js';
import { SqlValues } from './sql-values.js';
import { rangeAsked } from './time-range.js';
import { SETTINGS } from './unknown-values.js';
import { SENTENCE_WORDS, withoutFillers } from './word-meanings.js';

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
  const all = partsOf(query, catalogue);
  const hidden = all.filter(({ written }) => written === ALL_BUT_READS);
  const parts = all.filter((part) => !hidden.includes(part));
  const range = rangeAsked(query);
  const times: readonly Predicate[] =
    query.from === undefined && query.to === undefined ? [] : [{ on: 'time', ...range }];
  const isWithin = times.length > 0;

  const exist = async (sets: readonly (readonly Predicate[])[]): Promise<readonly boolean[] | undefined> => {
    const values = new SqlValues();
    const found = sets.map((predicates) => {
      const conditions = conditionsThat(predicates, access, values);
      return `EXISTS (${selectEvents({ access, columns: 'id', conditions, tail: 'LIMIT 1' }, values)})`;
    });
    const text = `SELECT ARRAY[${found.join(', ')}] AS found`;
    const [row] = (await reader.eventRows(access, text, values.list, SETTINGS).catch(unlessTooSlow)) ?? [];
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
  const meant = misspeltName(word.toLowerCase(), [...SENTENCE_WORDS, ...wordsOfTypes(catalogue)]);
  return `${word}: no event${when} has this word${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

function wordsOfTypes(catalogue: Catalogue): readonly string[] {
  return catalogue.knownTypes().flatMap(({ type }) => type.split('_'));
}

function partsOf(query: ListFilters, catalogue: Catalogue): readonly Part[] {
  const fieldParts = [...FIELD_NAMES, 'compliance' as const].flatMap((name) =>
    comparisonsOf(query[name]).map(([operator, values]): Part => {
      const written = writtenAs(name, operator, values);
      return { written, predicates: predicatesOf({ [name]: { [operator]: values } }, catalogue) };
    }),
  );
  const pathParts = (['details', 'metadata'] as const).flatMap((root) =>
    Object.entries(query[root] ?? {}).flatMap(([path, given]) =>
      comparisonsOf(given).map(([operator, values]): Part => {
        const written = writtenAs(`${root}.${path}`, operator, values);
        return { written, predicates: predicatesOf({ [root]: { [path]: { [operator]: values } } }, catalogue) };
      }),
    ),
  );
  const others = (['about', 'related', 'changed'] as const).flatMap((name): readonly Part[] => {
    const given = query[name];
    if (given === undefined) return [];
    return [{ written: writtenAs(name, 'is', [given].flat()), predicates: predicatesOf({ [name]: given }, catalogue) }];
  });
  const findsReads = predicatesOf(query, catalogue).some((one) => one.on === 'words' && one.findsReads);
  const words = (query.q === undefined ? [] : withoutFillers(wordsOf(query.q))).map((word): Part => {
    return { written: word, word, predicates: [{ on: 'words', words: [word], findsReads }] };
  });
  return [...fieldParts, ...pathParts, ...others, ...words];
}

function writtenAs(name: string, operator: string, values: readonly unknown[]): string {
  return `${name}${operator === 'is' ? '' : `[${operator}]`}=${values.map(String).join(',')}`;
}

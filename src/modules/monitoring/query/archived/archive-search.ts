import { AuditError, errorMessage } from '../../../../audit/plain.js';
import type { LedgerAccess } from '../../access/ledger-access.js';
import { parseLine, type ArchiveLine, eraseLine } from '../../archive/archive-line.js';
import { ArchiveInvalidError, ArchiveUnreadableError } from '../../archive/archive.error.js';
import { firstIdAt } from '../../store/id-time.js';
import type { EventOrder } from '../event-query.dto.js';
import type { Predicate } from '../predicates.js';
import { queryFiles, type DuckDb, type DuckDbLimits } from './duckdb.js';
import type { CaseFolding } from './ignoring-case.js';
import { needlesOf } from './needles.js';
import { testOf } from './predicate-tests.js';
import { searchedEvent, type SearchedEvent } from './searched-event.js';

/** What is looked for in archives, for whom. */
export interface ArchiveSearch {
  readonly access: LedgerAccess;
  readonly predicates: readonly Predicate[];
  readonly order: EventOrder;
  /** The id of the event that the answer continues behind. */
  readonly after?: string | undefined;
  /** The only event that is meant. */
  readonly id?: string | undefined;
  /** How many events at most. */
  readonly most: number;
}

/** Where, and with what. */
export interface SearchedArchives {
  readonly duckDb: DuckDb;
  readonly limits: DuckDbLimits;
  /** The name of an archive by the path of its events. */
  readonly archives: ReadonlyMap<string, string>;
  readonly folding: CaseFolding;
  /** Of events, those that the ledger erased: an archive may have missed it. */
  readonly erasedOf: (ids: readonly string[]) => Promise<ReadonlySet<string>>;
  readonly signal?: AbortSignal | undefined;
}

/** An event of an archive. */
export interface FoundEvent extends SearchedEvent {
  readonly archive: string;
}

/** In order, lines are taken so many at a time; when these were not enough, all of them are read as they lie. */
const LEAST_TAKEN = 200;

/**
 * The first events of archives, in the order that is asked for. DuckDB passes over the lines that cannot be meant; what is left is held
 * against the access and the predicates here, as it is after the ledger's erasures.
 *
 * @throws ArchiveInvalidError (`AUDIT_ARCHIVE_INVALID`); and rejects with what DuckDB rejects with
 */
export async function searchArchives(search: ArchiveSearch, place: SearchedArchives): Promise<readonly FoundEvent[]> {
  const found: FoundEvent[] = [];
  const tests = search.predicates.map((predicate) => testOf(predicate, place.folding));
  const passes = (line: ArchiveLine): SearchedEvent | undefined => {
    const searched = searchedEvent(line, search.access);
    if (search.id !== undefined && line.sealed.id !== search.id) return undefined;
    return searched && tests.every((test) => test(searched)) ? searched : undefined;
  };
  const taken = Math.max(4 * search.most, LEAST_TAKEN);
  let count = 0;
  let last: string | undefined;
  for await (const lines of linesOf({ ...search, taken }, place)) {
    count += lines.length;
    last = lines.at(-1)?.line.sealed.id ?? last;
    found.push(...(await sift(lines, passes, place)));
  }
  if (found.length >= search.most || count < taken) return found.slice(0, search.most);
  let rest: FoundEvent[] = [];
  for await (const lines of linesOf({ ...search, after: last }, place)) {
    rest.push(...(await sift(lines, passes, place)));
    if (rest.length > taken) rest = inOrder(rest, search.order).slice(0, search.most);
  }
  return [...found, ...inOrder(rest, search.order)].slice(0, search.most);
}

interface FoundLine {
  readonly line: ArchiveLine;
  readonly archive: string;
}

/** Those that pass, as they are after erasures: only of these is asked what was erased. */
async function sift(
  lines: readonly FoundLine[],
  passes: (line: ArchiveLine) => SearchedEvent | undefined,
  { erasedOf }: SearchedArchives,
): Promise<readonly FoundEvent[]> {
  const candidates = lines.flatMap(({ line, archive }) => {
    const [whole, erased] = [passes(line), line.personal === null ? undefined : passes(eraseLine(line))];
    return whole || erased ? [{ line, archive, whole, erased }] : [];
  });
  const personal = candidates.filter(({ line }) => line.personal !== null);
  const gone = personal.length > 0 ? await erasedOf(personal.map(({ line }) => line.sealed.id)) : undefined;
  return candidates.flatMap(({ line, archive, whole, erased }) => {
    const searched = line.personal !== null && gone?.has(line.sealed.id) === true ? erased : whole;
    return searched ? [{ ...searched, archive }] : [];
  });
}

/** The lines that may be meant; of all of them, or in order the first `taken`. */
async function* linesOf(
  search: ArchiveSearch & { readonly taken?: number },
  { duckDb, limits, archives, signal }: SearchedArchives,
): AsyncGenerator<readonly FoundLine[], void, undefined> {
  const { sql, values } = statementOf(search);
  try {
    for await (const rows of queryFiles(duckDb, { files: [...archives.keys()], sql, values, limits, signal })) {
      yield rows.map(([text, path]) => {
        const archive = archives.get(String(path)) ?? String(path);
        const line = parseLine(String(text));
        if (!line) throw new ArchiveInvalidError(archive, 'it has a line that is not an event');
        return { line, archive };
      });
    }
  } catch (error) {
    if (error instanceof AuditError || signal?.aborted === true) throw error;
    const names = [...archives.values()].join(', ');
    if (/out of memory/i.test(errorMessage(error))) throw ArchiveUnreadableError.tooLarge(names, error);
    throw new ArchiveInvalidError(names, 'DuckDB could not read its events', error);
  }
}

function statementOf({ access, predicates, order, after, id, taken }: ArchiveSearch & { readonly taken?: number }): {
  readonly sql: string;
  readonly values: readonly (string | number)[];
} {
  const values: (string | number)[] = [];
  const place = (value: string | number): string => `$${values.push(value) + 1}`; // $1 is the files
  const conditions = needlesOf(predicates, access).map(({ anyOf, ignoresCase }) => {
    const text = ignoresCase ? 'lower(line)' : 'line';
    return `(${['false', ...anyOf.map((needle) => `contains(${text}, ${place(needle)})`)].join(' OR ')})`;
  });
  if (id !== undefined) conditions.push(`id = ${place(id)}`);
  if (after !== undefined) conditions.push(`id ${order === 'asc' ? '>' : '<'} ${place(after)}`);
  for (const predicate of predicates) {
    if (predicate.on !== 'time') continue;
    if (predicate.from) conditions.push(`id >= ${place(firstIdAt(predicate.from))}`);
    if (predicate.to) conditions.push(`id < ${place(firstIdAt(predicate.to))}`);
  }
  const tail = taken === undefined ? '' : `ORDER BY id ${order === 'asc' ? 'ASC' : 'DESC'} LIMIT ${place(taken)}`;
  const sql = `
    SELECT line, filename FROM (
      SELECT json::VARCHAR AS line, filename, json_extract_string(json, '$.sealed.id') AS id
        FROM read_ndjson_objects($1, compression = 'gzip', filename = true, hive_partitioning = false))
     WHERE ${['true', ...conditions].join(' AND ')} ${tail}`;
  return { sql, values };
}

function inOrder(events: readonly FoundEvent[], order: EventOrder): FoundEvent[] {
  const sign = order === 'asc' ? 1 : -1;
  return events.toSorted((one, other) => (one.event.id < other.event.id ? -sign : sign));
}

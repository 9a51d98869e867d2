import { AuditError, getErrorMessage, type AuditEvent } from '../../../../audit/nest-free.js';
import type { LedgerAccess } from '../../access/ledger-access.js';
import { type LineAddress, toAddressRange } from '../../../keep/archive/archive-columns.js';
import { eraseLine, type ArchiveLine } from '../../../keep/archive/archive-line.js';
import type { Archives, IndexedColumns } from '../../../keep/archive/archives.js';
import { queryFiles, type DuckDb, type DuckDbLimits, type DuckDbValue } from '../../../keep/archive/duckdb.js';
import { joinSound } from '../../../store/ledger-row.js';
import type { EventOrder } from '../event-query.dto.js';
import type { LedgerEvent } from '../ledger-event.js';
import type { Predicate } from '../predicates.js';
import { SqlValues } from '../sql-values.js';
import { lifecycleErrors } from '../../../errors/keep.errors.js';
import { verifyErrors } from '../../../errors/verify.errors.js';
import { buildFactColumn, PERSONAL_COLUMNS } from '../../../store/event-columns.js';
import { buildPredicateConditions, buildIsAny, type FilterDialect } from '../filter-sql.js';
import { readErrors } from '../../../errors/read.errors.js';

export interface ArchiveSearch {
  readonly access: LedgerAccess;
  readonly predicates: readonly Predicate[];
  readonly order: EventOrder;
  /** The id of the last event of the previous page. */
  readonly after?: string | undefined;
  readonly id?: string | undefined;
  readonly limit: number;
}

export interface SearchedArchives {
  readonly duckDb: DuckDb;
  readonly limits: DuckDbLimits;
  readonly archives: Pick<Archives, 'linesAt'>;
  readonly columns: readonly IndexedColumns[];
  /** Returns the ids of the given events that were erased. The archive of an erased event may still contain the personal part. */
  readonly findErased: (ids: readonly string[]) => Promise<ReadonlySet<string>>;
  readonly signal?: AbortSignal | undefined;
}

interface FoundRow {
  readonly id: string;
  readonly columns: IndexedColumns;
  readonly isPersonal: boolean;
  readonly isWanted: boolean;
  /** Whether the event matches without its personal part. */
  readonly isErased: boolean;
  readonly place: LineAddress;
}

/**
 * Finds the first events of archives in the requested order. DuckDB searches the columns in the Parquet files. Only the lines of found
 * events are read.
 *
 * @throws `AUDIT_ARCHIVE_INVALID`, `AUDIT_ARCHIVE_UNREADABLE`, and the errors of `Archives`
 */
export async function searchArchives(search: ArchiveSearch, source: SearchedArchives): Promise<readonly LedgerEvent[]> {
  const found: FoundRow[] = [];
  for (let { after } = search; found.length < search.limit;) {
    const rows = await searchRows({ ...search, after }, source);
    found.push(...(await omitErasedRows(rows, source)));
    after = rows.at(-1)?.id;
    if (rows.length < search.limit) break;
  }
  return readEvents(found.slice(0, search.limit), search.access, source);
}

/** An event may be erased while the search runs. */
async function omitErasedRows(
  rows: readonly FoundRow[],
  { findErased }: SearchedArchives,
): Promise<readonly FoundRow[]> {
  const personal = rows.filter(({ isPersonal }) => isPersonal).map(({ id }) => id);
  const removed = personal.length > 0 ? await findErased(personal) : new Set();
  return rows
    .map((row) => (removed.has(row.id) ? { ...row, isPersonal: false, isWanted: row.isErased } : row))
    .filter(({ isWanted }) => isWanted);
}

async function readEvents(
  rows: readonly FoundRow[],
  access: LedgerAccess,
  { archives, columns }: SearchedArchives,
): Promise<readonly LedgerEvent[]> {
  const events = new Map<string, LedgerEvent>();
  for (const each of columns) {
    const { archive } = each.manifest;
    const own = rows.filter((row) => row.columns === each);
    const places = own.map(({ place: source }) => source);
    for (const [nth, line] of (await archives.linesAt(each.manifest, places)).entries()) {
      const row = own[nth];
      const event = shownEvent(row?.isPersonal === true ? line : eraseLine(line), access);
      if (!event || event.id !== row?.id) {
        throw verifyErrors.AUDIT_ARCHIVE_INVALID(archive, 'its columns do not match its events');
      }
      events.set(event.id, { ...event, index: line.index, archive });
    }
  }
  return rows.flatMap(({ id }) => events.get(id) ?? []);
}

/** The rules of row-level security also apply to archived events. */
function shownEvent({ sealed, personal }: ArchiveLine, access: LedgerAccess): AuditEvent | undefined {
  const facts = Object.fromEntries(
    Object.entries(sealed).filter(([name]) => name !== 'personal'),
  ) as unknown as AuditEvent; // the omitted member is the commitment
  const whole = joinSound(facts, personal ?? undefined);
  const { tenantId, actor, resource } = whole;
  switch (access.scope) {
    case 'all':
      return whole;
    case 'tenants':
      return tenantId !== undefined && access.tenantIds.includes(tenantId) ? whole : undefined;
    case 'subject': {
      const concerned = [actor.id, actor.onBehalfOf?.id, resource?.type === 'user' ? resource.id : undefined];
      if (!concerned.includes(access.subjectId)) return undefined;
      return actor.id === access.subjectId ? whole : facts;
    }
  }
}

async function searchRows(search: ArchiveSearch, source: SearchedArchives): Promise<readonly FoundRow[]> {
  const { duckDb, limits, columns, signal } = source;
  const files = columns.map(({ path }) => path);
  const { sql, values } = buildStatement(search, files);
  const rows: FoundRow[] = [];
  try {
    for await (const chunk of queryFiles(duckDb, { files, sql, values, limits, signal })) {
      rows.push(...chunk.map((row) => toFoundRow(row, columns)));
    }
    return rows;
  } catch (error) {
    if (error instanceof AuditError || signal?.aborted === true) throw error;
    const names = columns.map(({ manifest }) => manifest.archive).join(', ');
    if (/out of memory/i.test(getErrorMessage(error)))
      throw lifecycleErrors.AUDIT_ARCHIVE_UNREADABLE.tooLarge(names, error);
    throw verifyErrors.AUDIT_ARCHIVE_INVALID(names, 'DuckDB could not read its columns', error);
  }
}

function buildStatement(
  { access, predicates, order, after, id, limit }: ArchiveSearch,
  files: readonly string[],
): { readonly sql: string; readonly values: readonly DuckDbValue[] } {
  const values = new SqlValues();
  const source = values.bind(files);
  const { all, whole, erased } = archivedConditions(predicates, access, values);
  const conditions = [
    'true',
    ...(id === undefined ? [] : [`id = ${values.bind(id)}::uuid`]),
    ...(after === undefined ? [] : [`id ${order === 'asc' ? '>' : '<'} ${values.bind(after)}::uuid`]),
    ...all,
  ];
  const sql = `
    SELECT id::VARCHAR, filename, is_personal, ${whole} IS TRUE, ${erased} IS TRUE, member::DOUBLE, size, digest, nth
      FROM read_parquet(${source}, filename = true, hive_partitioning = false, union_by_name = true)
     WHERE ${conditions.join(' AND ')} ORDER BY id ${order} LIMIT ${limit}`;
  return { sql, values: values.list as readonly DuckDbValue[] }; // filters compare texts and numbers only
}

function toFoundRow(row: readonly unknown[], columns: readonly IndexedColumns[]): FoundRow {
  const [id, path, isPersonal, isWanted, isErased, member, size, digest, nth] = row;
  const own = columns.find((each) => each.path === path);
  if (!own) throw new Error(`DuckDB names an unknown file: ${String(path)}`);
  return {
    id: String(id),
    columns: own,
    isPersonal: isPersonal === true,
    isWanted: isWanted === true,
    isErased: isErased === true,
    place: { member: Number(member), size: Number(size), digest: String(digest), nth: Number(nth) },
  };
}

/** SQL conditions for DuckDB on the columns of an archive. */
interface ArchivedConditions {
  /** True for every match, and for some other rows. With these conditions, DuckDB skips most other rows without reading the rows. */
  readonly all: readonly string[];
  /** True if the event matches in its archived form. */
  readonly whole: string;
  /** True if the event matches without its personal part. Used for an erased event whose archive is not rewritten yet. */
  readonly erased: string;
}

const FULL_DIALECT: FilterDialect = {
  column: selectMember,
  isWithin: (address, network, values) => {
    const { first, last } = toAddressRange(network);
    return `${address} BETWEEN ${values.bind(first)} AND ${values.bind(last)}`;
  },
  matchesSpelling: (text, pattern) => `regexp_matches(${text}, ${pattern})`,
  when: (condition) => condition, // `then` is never given, because assertSearchable() refuses `q`
};

/** Treats personal values as absent. */
const ERASED: FilterDialect = {
  ...FULL_DIALECT,
  column: (name, member) =>
    PERSONAL_COLUMNS.some((each) => each.name === name)
      ? 'NULL::VARCHAR'
      : selectMember(`(${buildFactColumn(name)})`, member),
};

function selectMember(value: string, member?: string): string {
  return member === undefined ? value : `(${value}->>'${member}')`; // DuckDB binds ->> less tightly than =
}

function archivedConditions(
  predicates: readonly Predicate[],
  access: LedgerAccess,
  values: SqlValues,
): ArchivedConditions {
  const by = (dialect: FilterDialect): string =>
    [
      'true',
      ...buildPredicateConditions(predicates, access, values, dialect),
      ...buildAccessConditions(access, values, dialect),
    ].join(' AND ');
  // An erased event matches fewer filters than before, but may match more filters with `ne`.
  const all = predicates.flatMap((each) =>
    buildPredicateConditions([each], access, values, each.on === 'field' && each.isNot ? ERASED : FULL_DIALECT),
  );
  return {
    all: [...all, ...buildAccessConditions(access, values, FULL_DIALECT)],
    whole: `(${by(FULL_DIALECT)})`,
    erased: `(${by(ERASED)})`,
  };
}

/**
 * Refuses predicates that the columns of archives cannot answer.
 *
 * @throws `AUDIT_QUERY_INVALID`
 */
export function assertSearchable(predicates: readonly Predicate[]): void {
  const names = predicates.flatMap((predicate) => {
    if (predicate.on === 'field' || predicate.on === 'time') return [];
    if (predicate.on === 'path') return `${predicate.root}.${predicate.path.join('.')}`;
    return predicate.on === 'words' ? 'q' : predicate.on;
  });
  if (names.length === 0) return;
  throw readErrors.AUDIT_QUERY_INVALID([
    `archived=true does not filter by ${[...new Set(names)].join(', ')}: filter by the event's own fields and by time, and read ` +
      'details, metadata and changes in the results',
  ]);
}

function buildAccessConditions(access: LedgerAccess, values: SqlValues, { column }: FilterDialect): readonly string[] {
  switch (access.scope) {
    case 'all':
      return [];
    case 'tenants':
      return [buildIsAny('tenant_id', access.tenantIds, values)];
    case 'subject': {
      const id = values.bind(access.subjectId);
      const isResource = `(resource_type = 'user' AND ${column('resource_id')} = ${id})`;
      return [`(${column('actor_id')} = ${id} OR ${column('on_behalf_of', 'id')} = ${id} OR ${isResource})`];
    }
  }
}

import { Catalogue } from '../../../../audit/nest-free.js';
import { type LedgerAccess, canSeeSize } from '../../access/ledger-access.js';
import { LEDGER_READS_CATEGORY } from '../../access/own-events.js';
import { LedgerReader } from '../../../store/ledger-reader.service.js';
import { LEDGER_COLUMNS } from '../../../store/ledger-row.js';
import { completeEvents } from '../event-names.js';
import { buildConditions } from '../filter-sql.js';
import { EventFilters, ListFilters } from '../event-query.dto.js';
import { getComplianceTags, toLedgerEvent, addTags, type LedgerEvent, type SealedEvent } from '../ledger-event.js';
import { parseQuery } from '../parse-query.js';
import { SqlValues } from '../sql-values.js';
import type { Neighbours, NewerEvents } from '../ledger-event.dto.js';
import { selectEvents } from '../access-source.js';

const SELECT_INDEX = 'SELECT index FROM audit_leaf WHERE event_id = $1::uuid ORDER BY index LIMIT 1';
/** Planner settings that make a query first read the leaves, and then the events of the leaves. */
export const LEAVES_FIRST = { enable_hashjoin: 'off', enable_mergejoin: 'off', enable_seqscan: 'off', jit: 'off' };

const RANGE = `
  SELECT ${LEDGER_COLUMNS}, index
    FROM (SELECT index, event_id FROM audit_leaf WHERE index >= $1 AND index < $2 ORDER BY index) AS sealed
    JOIN audit_event ON id = event_id ORDER BY index`;

const MAX_SEARCHED = 10_000;
const MAX_NEARBY = 2_000;

/** Reads events by their index in the ledger. An event that is sealed late gets a later index, so that no reader misses it. */
export class SealedEvents {
  constructor(
    private readonly reader: LedgerReader,
    private readonly catalogue: Catalogue,
  ) {}

  /**
   * Returns the events after an index (default: the newest, so that no event is found) that `access` allows and that match every filter. Events about reads are included only with a filter
   * by category, type or action, because each read of a tail would cause another event.
   *
   * @throws `AUDIT_QUERY_INVALID`, `AUDIT_QUERY_TOO_SLOW`, `AUDIT_LEDGER_UNAVAILABLE`
   */
  async newer(
    access: LedgerAccess,
    query: Partial<ListFilters>,
    { after, limit }: { readonly after?: number | undefined; readonly limit: number },
  ): Promise<NewerEvents> {
    const filters = parseQuery(ListFilters, query);
    const { category, type, action } = filters;
    const isAboutReads = [category, type, action].some((input) => input !== undefined);
    const others = isAboutReads ? {} : { category: { ne: LEDGER_READS_CATEGORY } };
    const requested = Object.assign(new ListFilters(), filters, others);
    const newest = await this.newestIndex(access);
    const last = Math.min((after ?? newest) + MAX_SEARCHED, newest);
    if (after === undefined || last <= after) return { items: [], after: after ?? newest, isComplete: true };
    const range = { first: after + 1, last, limit: limit + 1, order: 'ASC' } as const;
    const found = await this.within(access, range, requested);
    const items = found.slice(0, limit);
    const isCut = found.length > limit;
    return { items, after: isCut ? (items.at(-1)?.index ?? last) : last, isComplete: !isCut && last === newest };
  }

  /**
   * Returns the nearest events that `access` allows, before and after the event with this id, sorted by index.
   *
   * @param each the number of events on each side
   * @throws `AUDIT_LEDGER_UNAVAILABLE`
   */
  async neighbours(access: LedgerAccess, id: string, each: number): Promise<Neighbours> {
    const [leaf] = await this.reader.rows(SELECT_INDEX, [id]);
    const newest = await this.newestIndex(access);
    const index = leaf ? Number(leaf.index) : null;
    const at = index ?? newest + 1;
    const first = Math.max(at - MAX_NEARBY, 0);
    const last = Math.min(at + MAX_NEARBY, newest);
    const ahead = await this.within(access, { first, last: at - 1, limit: each, order: 'DESC' });
    const after = await this.within(access, { first: at + 1, last, limit: each, order: 'ASC' });
    return { index, before: ahead.toReversed(), after, searched: { first, last } };
  }

  /**
   * Returns all events from the index `first` to before `end` that the ledger still has, sorted by index.
   *
   * @throws `AUDIT_LEDGER_UNAVAILABLE`
   */
  async range(first: number, end: number): Promise<readonly SealedEvent[]> {
    const tags = getComplianceTags(this.catalogue);
    const rows = await this.reader.eventRows({ scope: 'all' }, RANGE, [first, end], LEAVES_FIRST);
    return rows.map((row) => ({ ...addTags(toLedgerEvent({ scope: 'all' }, row), tags), index: Number(row.index) }));
  }

  private async within(
    access: LedgerAccess,
    { first, last, limit, order }: SearchedRange,
    filters: ListFilters = new EventFilters(),
  ): Promise<readonly LedgerEvent[]> {
    if (limit === 0 || last < first) return [];
    const values = new SqlValues();
    const [from, to] = [values.bind(first), values.bind(last)];
    const conditions = buildConditions(filters, { access, values, meaning: this.catalogue });
    const text = `
      SELECT ${LEDGER_COLUMNS}, index
        FROM (SELECT index, event_id FROM audit_leaf WHERE index BETWEEN ${from}::bigint AND ${to}::bigint
               ORDER BY index ${order}) AS sealed
        JOIN audit_event ON id = event_id
       WHERE ${['true', ...conditions].join(' AND ')} ORDER BY index ${order} LIMIT ${values.bind(limit)}`;
    const rows = await this.reader.eventRows(access, text, values.list, LEAVES_FIRST);
    const events = rows.map((row) => toLedgerEvent(access, row));
    return completeEvents(this.reader, this.catalogue, access, events, {
      names: true,
      ...(filters.rows === false && { rows: false }),
    });
  }

  /** Returns the newest index that the reader may learn, or -1. @throws `AUDIT_LEDGER_UNAVAILABLE` */
  async newestIndex(access: LedgerAccess = { scope: 'all' }): Promise<number> {
    return readNewestIndex(this.reader, access);
  }
}

interface SearchedRange {
  readonly first: number;
  readonly last: number;
  readonly limit: number;
  readonly order: 'ASC' | 'DESC';
}

type Reader = Pick<LedgerReader, 'rows' | 'eventRows'>;

const NEWEST = 'SELECT index FROM audit_leaf ORDER BY index DESC LIMIT 1';
/** Indexes only roughly follow the order of ids, so the queries compare this many leaves. */
const NEAR = 1_000;
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/**
 * Returns the newest index, or the newest of events with a lower id; -1 if the ledger has no such event. For a reader who may not learn the size of the ledger, only the
 * reader's own events count, so that no answer reveals how many others exist.
 */
export async function readNewestIndex(reader: Reader, access: LedgerAccess, beforeId?: string): Promise<number> {
  if (beforeId !== undefined || !canSeeSize(access)) {
    return (await readEdgeIndex(reader, access, ['max', '<', 'DESC'], beforeId ?? LAST_ID)) ?? -1;
  }
  const [row] = await reader.rows(NEWEST, [], 'audit_leaf_newest');
  return row ? Number(row.index) : -1;
}

/** Returns the first index of events with this id or a higher one, by the same rule as {@link readNewestIndex}. */
export async function readFirstIndex(
  reader: Reader,
  access: LedgerAccess,
  fromId: string,
): Promise<number | undefined> {
  return readEdgeIndex(reader, access, ['min', '>=', 'ASC'], fromId);
}

async function readEdgeIndex(
  reader: Reader,
  access: LedgerAccess,
  [edge, comparison, order]: readonly ['max', '<', 'DESC'] | readonly ['min', '>=', 'ASC'],
  id: string,
): Promise<number | undefined> {
  const values = new SqlValues();
  const bound = `${comparison} ${values.bind(id)}::uuid`;
  const near = (column: string): string => `ORDER BY ${column} ${order} LIMIT ${NEAR}`;
  const own = { access, columns: 'id', conditions: [`id ${bound}`], tail: near('id') };
  const leaves = canSeeSize(access)
    ? `SELECT index FROM audit_leaf WHERE event_id ${bound} ${near('event_id')}`
    : `SELECT index FROM audit_leaf WHERE event_id IN (${selectEvents(own, values)})`;
  const [row] = await reader.eventRows(access, `SELECT ${edge}(index) AS index FROM (${leaves}) AS near`, values.list);
  return typeof row?.index === 'string' || typeof row?.index === 'number' ? Number(row.index) : undefined;
}

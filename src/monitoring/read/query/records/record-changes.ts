import type { LedgerAccess } from '../../access/ledger-access.js';
import { LEDGER_COLUMNS, parsePersonalPart, type LedgerRow } from '../../../store/ledger-row.js';
import { formatTableName, parseTableName } from '../../../store/table-name.js';
import type { LedgerReader } from '../../../store/ledger-reader.service.js';
import { INDEX_ORDER_SETTINGS, selectEvents } from '../access-source.js';
import { buildPredicateConditions, IS_ROW_CHANGE } from '../filter-sql.js';
import { toLedgerEvent, isHidden, type LedgerEvent, type ResourceName } from '../ledger-event.js';
import { isEqual } from '../predicates.js';
import { SqlValues } from '../sql-values.js';
import {
  hasImagesApart,
  joinImages,
  getFormerId,
  REKEY_TYPES,
  ROW_CHANGE_TYPES,
  TRUNCATION_TYPES,
  type RowChange,
  type Withheld,
} from './row-change.js';
import { readErrors } from '../../../errors/read.errors.js';

/** The end of the time for a question about now: the clock of the database, which dates changes, may be ahead of this process's. */
export const LATEST = new Date('9999-12-31T23:59:59.999Z');

const COLUMNS = `${LEDGER_COLUMNS}, NULL AS index`;

/** Repeats the condition of a partial index exactly, so that PostgreSQL uses the index. */
const IS_REKEYED = `type IN (${quoted(REKEY_TYPES)}) AND details->>'rekeyedFrom' IS NOT NULL`;

/** A period in which a record had one id: the events with ids from `since` (inclusive) to `until` (exclusive). */
export interface RecordLink {
  readonly resource: ResourceName;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** A record, perhaps without the changes of some tables. */
type RequestedRecord = ResourceName & { readonly not?: readonly string[] };

const PAGE = 100;

const MAX_TABLES = 10;

const MAX_LINKS = 100;

const MAX_REKEYED = 1_000;

type Where = (values: SqlValues) => readonly string[];

/** Reads the captured row changes that a caller may see. */
export class RecordChanges {
  constructor(
    private readonly reader: LedgerReader,
    private readonly access: LedgerAccess,
  ) {}

  async find(id: string): Promise<RowChange | undefined> {
    return (await this.changes('DESC', 1, (values) => [`id = ${values.bind(id)}::uuid`]))[0];
  }

  /**
   * Returns the record with its table. A record is the row of one table, although tables may share a resource.
   *
   * @throws `AUDIT_QUERY_INVALID` if the caller named no table, and rows of several tables have this type and id
   */
  async resolveRecord(resource: ResourceName): Promise<ResourceName> {
    if (resource.table !== undefined) return resource;
    const own = await discoverTables(async (not) => (await this.newest({ ...resource, not }, 1))[0]);
    const former = await discoverTables((not) => this.rekeyedAway({ ...resource, not: [...own, ...not] }, '', LATEST));
    const rows = [...own, ...former];
    const tables =
      rows.length > 0 ? rows : await discoverTables((not) => this.lastTruncation({ ...resource, not }, LATEST));
    if (tables.length <= 1) return { ...resource, table: tables };
    const names = tables.toSorted().map((table) => `table=${table}`);
    const seen = `rows of ${tables.length} tables are the resource ${resource.type}/${resource.id}`;
    throw readErrors.AUDIT_QUERY_INVALID([`table must be given, because ${seen}: ${names.join(' or ')}`]);
  }

  /** Returns the newest changes of a record, newest first. With `at`, returns the newest changes until that time. */
  async newest(resource: RequestedRecord, limit: number, at?: Date): Promise<readonly RowChange[]> {
    return this.of(resource, 'DESC', limit, (values) => (at ? [`occurred_at <= ${values.bind(at)}`] : []));
  }

  async firstAfter(resource: ResourceName, at: Date): Promise<RowChange | undefined> {
    return (await this.of(resource, 'ASC', 1, (values) => [`occurred_at > ${values.bind(at)}`]))[0];
  }

  /** Returns the last event before the time `at` that removed all records of a type at once. */
  async lastTruncation(resource: RequestedRecord, at: Date): Promise<RowChange | undefined> {
    const found = await this.changes('DESC', 1, (values) => [
      `type IN (${quoted(TRUNCATION_TYPES)})`,
      `resource_type = ${values.bind(resource.type)} AND resource_id IS NULL`,
      ...buildTableConditions(resource, values),
      `(type = 'table_truncated' OR details->>'operation' = 'TRUNCATE')`,
      `occurred_at <= ${values.bind(at)}`,
    ]);
    return found[0];
  }

  /** Returns the first change that gave the record another id, after the event with the id `after` and until the time `at`. */
  async rekeyedAway(resource: RequestedRecord, after: string, at: Date): Promise<RowChange | undefined> {
    // The statement has neither a condition on the id nor an order. With such a condition or order, the planner would scan all events by
    // id, because it lacks statistics on changed keys.
    const found = await this.changes(undefined, MAX_REKEYED, (values) => [
      IS_REKEYED,
      `resource_type = ${values.bind(resource.type)}`,
      ...buildTableConditions(resource, values),
      // This condition only narrows the search, because the JSON may contain the id's values apart or escaped. Below, getFormerId() compares
      // the ids exactly.
      `position(${values.bind(toPlainPart(resource.id))} in details->>'rekeyedFrom') > 0`,
    ]);
    return found
      .filter(({ event }) => event.id > after && Date.parse(event.occurredAt) <= at.getTime())
      .toSorted((one, other) => (one.event.id < other.event.id ? -1 : 1))
      .find(({ event }) => getFormerId(event) === resource.id);
  }

  /** Returns the periods in which the record had each of its ids, newest first. */
  async links(resource: ResourceName, until?: string): Promise<readonly RecordLink[]> {
    const links: RecordLink[] = [];
    let link: RecordLink = { resource, until };
    while (links.length < MAX_LINKS) {
      const rekeyed = await this.rekeyedTo(link);
      const former = rekeyed && getFormerId(rekeyed.event);
      if (!rekeyed || former === undefined) return [...links, link];
      links.push({ ...link, since: rekeyed.event.id });
      link = { resource: { ...resource, id: former }, until: rekeyed.event.id };
    }
    return links;
  }

  /** Yields the changes of one period, newest first. Reads the changes page by page. */
  async *back({ resource, since, until }: RecordLink): AsyncGenerator<RowChange, void> {
    let before = until;
    for (;;) {
      const found = await this.of(resource, 'DESC', PAGE, (values) => buildIdRange(since, before, values));
      yield* found;
      before = found.at(-1)?.event.id;
      if (found.length < PAGE) return;
    }
  }

  private async rekeyedTo({ resource, until }: RecordLink): Promise<RowChange | undefined> {
    const [found] = await this.changes('DESC', 1, (values) => [
      IS_REKEYED,
      ...buildRecordConditions(resource, this.access, values),
      ...buildIdRange(undefined, until, values),
    ]);
    return found;
  }

  private async of(
    resource: RequestedRecord,
    order: 'ASC' | 'DESC',
    limit: number,
    where: Where,
  ): Promise<readonly RowChange[]> {
    return this.changes(order, limit, (values) => [
      ...buildRecordConditions(resource, this.access, values),
      `type IN (${quoted(ROW_CHANGE_TYPES)})`,
      ...where(values),
    ]);
  }

  /** Returns the events that match the conditions. If a part of an event is withheld, adds the reason. Sorts by id if `order` is given. */
  async changes(order: 'ASC' | 'DESC' | undefined, limit: number, where: Where): Promise<readonly RowChange[]> {
    const { reader, access } = this;
    const values = new SqlValues();
    const conditions = where(values);
    const sorted = order === undefined ? '' : `ORDER BY id ${order} `;
    const tail = `${sorted}LIMIT ${values.bind(limit)}`;
    const text = selectEvents({ access, columns: COLUMNS, conditions, tail }, values);
    const rows = await reader.eventRows(access, text, values.list, INDEX_ORDER_SETTINGS);
    const events = rows.map((row) => toLedgerEvent(access, row));
    const joined = await joinImages(events, (...statement) => reader.eventRows(access, ...statement));
    return joined.map((event, nth) => {
      const row = rows[nth];
      const withheld = row && findWithheld(row, event, access);
      return withheld ? { event, withheld } : { event };
    });
  }
}

function findWithheld(row: LedgerRow, event: LedgerEvent, access: LedgerAccess): Withheld | undefined {
  const isPersonal = row.personal_commitment !== null;
  if (isPersonal && parsePersonalPart(row) === undefined) return 'erased';
  if (isPersonal && isHidden(access, row)) return 'hidden';
  if (event.details.ignored === true) return 'ignored';
  if (hasImagesApart(event)) return 'images_apart';
  return event.truncated === true ? 'truncated' : undefined;
}

/** Returns a condition for the events about a record while it had one id. */
export function buildLinkCondition(
  { resource, since, until }: RecordLink,
  access: LedgerAccess,
  values: SqlValues,
): string {
  return [...buildRecordConditions(resource, access, values), ...buildIdRange(since, until, values)].join(' AND ');
}

function buildRecordConditions(resource: RequestedRecord, access: LedgerAccess, values: SqlValues): readonly string[] {
  const predicates = [isEqual('resourceType', resource.type), isEqual('resourceId', resource.id)];
  return [...buildPredicateConditions(predicates, access, values), ...buildTableConditions(resource, values)];
}

const TABLE = `(details->>'schema', details->>'table')`;

/** An event that names no table is about each of these records. */
function buildTableConditions({ table = [], not = [] }: RequestedRecord, values: SqlValues): readonly string[] {
  const formatList = (names: readonly string[]): string =>
    names
      .map((each) => parseTableName(each) ?? { schema: '', name: each })
      .map(({ schema, name }) => `(${values.bind(schema)}, ${values.bind(name)})`)
      .join(', ');
  const tables = [table].flat();
  return [
    ...(tables.length > 0
      ? [`(NOT (${IS_ROW_CHANGE} OR type = 'row_change_revert') OR (${TABLE} IN (${formatList(tables)})) IS NOT FALSE)`]
      : []),
    ...(not.length > 0 ? [`${TABLE} NOT IN (${formatList(not)})`] : []),
  ];
}

/** Returns the tables of changes. @param findChange finds a change, but not of the given tables */
async function discoverTables(
  findChange: (not: readonly string[]) => Promise<RowChange | undefined>,
): Promise<readonly string[]> {
  const tables: string[] = [];
  while (tables.length < MAX_TABLES) {
    const change = await findChange(tables);
    const { schema, table } = change?.event.details ?? {};
    if (typeof schema !== 'string' || typeof table !== 'string') break;
    tables.push(formatTableName({ schema, name: table }));
  }
  return tables;
}

function buildIdRange(since: string | undefined, until: string | undefined, values: SqlValues): readonly string[] {
  return [
    ...(since === undefined ? [] : [`id >= ${values.bind(since)}::uuid`]),
    ...(until === undefined ? [] : [`id < ${values.bind(until)}::uuid`]),
  ];
}

/** Returns the start of an id that the JSON of the key contains unchanged. */
function toPlainPart(id: string): string {
  return /^[^\\",]*/.exec(id)?.[0] ?? '';
}

function quoted(types: readonly string[]): string {
  return types.map((type) => `'${type}'`).join(', ');
}

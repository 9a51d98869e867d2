import { canonicalJson, Catalogue, parseJson, type JsonValue } from '../../../audit/nest-free.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import { parseIdTime } from '../../store/id-time.js';
import { LEDGER_COLUMNS, type LedgerRow } from '../../store/ledger-row.js';
import { INDEX_ORDER_SETTINGS, selectEvents } from './access-source.js';
import {
  getComplianceTags,
  toLedgerEvent,
  buildPersonalProof,
  getSealedParts,
  type LedgerEvent,
  type ResourceName,
} from './ledger-event.js';
import { resolveCountRange, countEvents, toEventStats } from './count-events.js';
import type { EventStats } from './event-stats.dto.js';
import {
  encodeCursor,
  hashCanonicalQuery,
  decodeCursor,
  EventQuery,
  RELATIONS,
  type EventOrder,
  type Relation,
} from './event-query.dto.js';
import { assertSearchable } from './archived/archive-search.js';
import { ArchivedEvents } from './archived/archived-events.service.js';
import { buildConditions, buildPredicateConditions, SCAN_DIALECT } from './filter-sql.js';
import { completeEvents } from './event-names.js';
import { runInResponse, LedgerReader } from '../../store/ledger-reader.service.js';
import { parseQuery } from './parse-query.js';
import { isEqual, buildPredicates, type Predicate } from './predicates.js';
import { OperationChanges } from './records/operation-changes.js';
import { buildLinkCondition, RecordChanges } from './records/record-changes.js';
import type { SealedParts, ArchivedNote, EventPage } from './ledger-event.dto.js';
import { SqlValues } from './sql-values.js';
import { StatsQuery } from './stats-query.dto.js';
import { splitRange, resolveOptionalRange, type TimeRange } from './time-range.js';
import { notesOnParts, notesOnValues } from './unknown-values.js';
import { readErrors } from '../../errors/read.errors.js';

/** Conditions that a method adds to the filters of a query. */
export interface OwnConditions {
  /** A JSON value that identifies the conditions. The hash in the cursor covers this value. */
  readonly about: JsonValue;
  readonly range?: Partial<TimeRange>;
  readonly conditions: (values: SqlValues) => readonly string[];
  /** The same conditions for archives; absent if archives do not support these conditions. */
  readonly predicates?: readonly Predicate[];
}

const NO_CONDITIONS: OwnConditions = { about: null, conditions: () => [], predicates: [] };
const COLUMNS = `${LEDGER_COLUMNS}, (SELECT index FROM audit_leaf WHERE event_id = id) AS index`;
const MAX_EVENTS = 200;

const NOT_ARCHIVED =
  'archived=true works for events and histories, but not for related events, nor for a record whose key changed or whose table is named';

const RELATED_WITHIN_MS = 86_400_000;

/**
 * Reads the events that a caller may see. Every method may reject with `AUDIT_LEDGER_UNAVAILABLE`,
 * `AUDIT_QUERY_INVALID` or `AUDIT_QUERY_TOO_SLOW`.
 */
export class AuditQuery {
  constructor(
    private readonly reader: LedgerReader,
    private readonly catalogue: Catalogue,
    private readonly archived: ArchivedEvents,
    /** Returns conditions for events about those rows of join tables that refer to a record. */
    private readonly joinedRows: (record: ResourceName) => readonly (readonly Predicate[])[] = () => [],
  ) {}

  /**
   * Returns a page of the events that `access` allows and every filter matches, newest first by default. With a cursor, new events do not
   * shift the next page.
   */
  async find(access: LedgerAccess, query: Partial<EventQuery> = {}): Promise<EventPage> {
    return this.findThat(access, query, NO_CONDITIONS);
  }

  /**
   * Waits until everything that was stored before the call is sealed, and so has its place in the log.
   *
   * @param limitMs how long to wait, in milliseconds
   * @throws `AUDIT_SEALING_LATE` after `limitMs`: no instance seals, or it cannot
   */
  async settled(limitMs = 30_000): Promise<void> {
    await this.reader.settled(limitMs);
  }

  /** Returns the event with this id; `undefined` if `access` does not allow it. */
  async findOne(
    access: LedgerAccess,
    id: string,
    { archived = false, names = false }: Pick<EventQuery, 'archived' | 'names'> = {},
  ): Promise<LedgerEvent | undefined> {
    const row = await this.readRow(access, id);
    const search = { access, predicates: [], order: 'asc', id: id.toLowerCase(), limit: 1 } as const;
    const archives = row || !archived ? undefined : await this.archived.find(search, toMomentRange(id));
    const found = row ? [toLedgerEvent(access, row)] : (archives?.events ?? []);
    return (await completeEvents(this.reader, this.catalogue, access, found, { names }))[0];
  }

  /**
   * Returns the event as it was sealed, and the values that determine its leaf in the Merkle tree, without the salt. Returns `undefined` if
   * `access` does not allow the event, or if the event was retired.
   */
  async sealedParts(access: LedgerAccess, id: string): Promise<SealedParts | undefined> {
    const row = await this.readRow(access, id);
    return row && getSealedParts(row, access);
  }

  /**
   * Returns the salt of an event's personal part; `undefined` if `access` hides that part, or the part was erased. A reader who stores the
   * salt can test guesses of the personal part, even after an erasure.
   */
  async salt(access: LedgerAccess, id: string): Promise<string | undefined> {
    const row = await this.readRow(access, id);
    return row && buildPersonalProof(row, access).salt;
  }

  /** Returns the month of an id if events of that month were retired, because an archive may then contain the event. */
  async findRetiredMonth(id: string): Promise<string | undefined> {
    return (await this.archived.monthsWithin(toMomentRange(id)))?.[0];
  }

  /**
   * Returns this event, and the events with the same request, session or trace from one day before to one day after. If the event belongs
   * to an operation that changed captured rows, adds the operation. Returns `undefined` if `access` does not allow this event.
   *
   * @param by the relations to search. A search only by `operation` and `request` has no end time, because row changes may arrive late
   */
  async related(
    access: LedgerAccess,
    id: string,
    query: Partial<EventQuery> = {},
    by: readonly Relation[] = RELATIONS,
  ): Promise<EventPage | undefined> {
    const event = await this.findOne(access, id);
    if (!event) return undefined;
    const { request, actor, resource, metadata } = event;
    const sessionId = actor.sessionId ?? (resource?.type === 'session' ? resource.id : undefined);
    const shared = [
      ['request', 'request_id', request?.id],
      ['session', 'session_id', sessionId],
      ['session', "resource_type = 'session' AND resource_id", sessionId],
      ['trace', 'trace_id', request?.traceId],
    ] as const;
    const operation = await new OperationChanges(this.reader, access).readStory(event);
    const time = parseIdTime(event.id).getTime();
    const isIndexed = by.every((relation) => relation === 'operation' || relation === 'request');
    const page = await this.findThat(access, query, {
      about: { related: event.id, ...(by === RELATIONS ? {} : { by }) },
      range: {
        from: new Date(time - RELATED_WITHIN_MS),
        ...(isIndexed ? {} : { to: new Date(time + RELATED_WITHIN_MS) }),
      },
      conditions: (values) => {
        const same = shared.flatMap(([relation, column, value]) =>
          by.includes(relation) && value !== undefined ? `(${column} = ${values.bind(value)})` : [],
        );
        const { operationId } = metadata;
        const isOfOperation = by.includes('operation') && !by.includes('request'); // an operation is a part of a request
        if (isOfOperation && request?.id !== undefined && operationId !== undefined) {
          const [requestId, ownId] = [values.bind(request.id), values.bind(operationId)];
          same.push(`(request_id = ${requestId} AND metadata->>'operationId' = ${ownId})`);
        }
        return [`(${[...same, `id = ${values.bind(event.id)}::uuid`].join(' OR ')})`];
      },
    });
    return operation ? { ...page, operation } : page;
  }

  /**
   * Returns the events about one resource, newest first. The result includes events about rows of join tables that refer to the resource,
   * and events under a former key of a captured row. If tables share the resource, the caller must name the table. Does not search archives for these two kinds of events.
   */
  async history(access: LedgerAccess, resource: ResourceName, query: Partial<EventQuery> = {}): Promise<EventPage> {
    const { type, id, table } = resource;
    await this.reader.awaitRowChanges();
    const changes = new RecordChanges(this.reader, access);
    const record = await changes.resolveRecord(resource);
    const links = await changes.links(record);
    const conditions = (values: SqlValues): readonly string[] => {
      const own = links.map((link) => buildLinkCondition(link, access, values));
      const joined = this.joinedRows(record).map((rows) =>
        buildPredicateConditions(rows, access, values).join(' AND '),
      );
      return [`(${[...own, ...joined].join(' OR ')})`];
    };
    const predicates = [isEqual('resourceType', type), isEqual('resourceId', id)];
    const isPlain = links.length === 1 && table === undefined;
    const own = { about: { history: [type, id, ...[table ?? []].flat()] }, conditions, ...(isPlain && { predicates }) };
    return this.findThat(access, query, own);
  }

  /** Counts events by a field and by steps of time. The default range is the last 30 days. */
  async stats(access: LedgerAccess, query: Partial<StatsQuery> = {}): Promise<EventStats> {
    const requested = parseQuery(StatsQuery, query);
    const range = resolveCountRange(requested);
    const values = new SqlValues();
    const ranged = Object.assign(new StatsQuery(), requested, range);
    const conditions = buildConditions(ranged, { access, values, meaning: this.catalogue });
    const text = countEvents(requested, { access, conditions }, getComplianceTags(this.catalogue), values);
    const counted = toEventStats(requested, range, await this.reader.eventRows(access, text, values.list));
    const months = await this.archived.monthsWithin(range);
    return months ? { ...counted, archived: { included: false, months } } : counted;
  }

  /** Yields the events of all pages of {@link find}. Only one page is in memory at a time. */
  async *all(access: LedgerAccess, query: Partial<Omit<EventQuery, 'limit'>> = {}): AsyncGenerator<LedgerEvent, void> {
    let cursor = query.cursor;
    do {
      const limited = { ...query, limit: MAX_EVENTS, ...(cursor === undefined ? {} : { cursor }) };
      const page = await this.find(access, limited);
      yield* page.items;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  private async readRow(access: LedgerAccess, id: string): Promise<LedgerRow | undefined> {
    const text = `SELECT ${COLUMNS} FROM audit_event WHERE id = $1::uuid`;
    return (await this.reader.eventRows(access, text, [id]))[0];
  }

  /** Works like {@link find}, with the conditions `own` in addition. @internal */
  async findThat(access: LedgerAccess, query: Partial<EventQuery>, own: OwnConditions): Promise<EventPage> {
    return runInResponse(() => this.toPage(access, query, own));
  }

  private async toPage(access: LedgerAccess, query: Partial<EventQuery>, own: OwnConditions): Promise<EventPage> {
    const requested = parseQuery(EventQuery, query);
    const { limit } = requested;
    const queryHash = hashQuery(requested, own);
    const cursor = decodeCursor(requested.cursor);
    if (cursor && cursor.queryHash !== queryHash) {
      throw readErrors.AUDIT_QUERY_INVALID([
        'cursor must be used with the filters and the order of the page that returned it',
      ]);
    }
    const search = { access, requested: requested, own, after: cursor?.id };
    const rows: LedgerRow[] = [];
    const steps = own === NO_CONDITIONS ? splitRange(requested, access, new Date()) : [own.range ?? {}];
    for (const step of steps) {
      rows.push(...(await this.rowsWithin(step, limit + 1 - rows.length, search)));
      if (rows.length > limit) break;
    }
    const stored = rows.map((row) => toLedgerEvent(access, row));
    // Reads the archives after the rows of the ledger. Otherwise, neither result would contain an event that is retired meanwhile.
    const { events, note } = await this.fromArchives(search);
    const found = mergeEvents(stored, events, requested.order);
    const items = await completeEvents(this.reader, this.catalogue, access, found.slice(0, limit), requested);
    const last = items.at(-1);
    const nextCursor = found.length > limit && last ? encodeCursor({ id: last.id, queryHash }) : null;
    const onValues = await notesOnValues(this.reader, this.catalogue, access, requested, items);
    // `names` and `q` ask for what people read; a program that polls with filters must not pay for explanations
    const isExplained =
      items.length === 0 &&
      (requested.names === true || requested.q !== undefined) &&
      requested.archived !== true &&
      own === NO_CONDITIONS &&
      !cursor;
    const onParts =
      isExplained && onValues.length === 0 ? await notesOnParts(this.reader, this.catalogue, access, requested) : [];
    const notes = [...onValues, ...onParts];
    return {
      ...{ items, nextCursor },
      ...(note && { archived: { ...note, events: items.filter(({ archive }) => archive !== undefined).length } }),
      ...(notes.length > 0 ? { notes } : {}),
    };
  }

  private async fromArchives({
    access,
    requested: requested,
    own,
    after,
  }: PageSearch): Promise<{ readonly events: readonly LedgerEvent[]; readonly note?: Omit<ArchivedNote, 'events'> }> {
    const { archived, order, limit } = requested;
    const range = resolveOptionalRange(requested);
    if (archived !== true) {
      const months = await this.archived.monthsWithin(range, own.range ?? {});
      return { events: [], ...(months ? { note: { included: false, months } } : {}) };
    }
    if (!own.predicates) throw readErrors.AUDIT_QUERY_INVALID([NOT_ARCHIVED]);
    const predicates = [...own.predicates, ...buildPredicates(requested, this.catalogue)];
    assertSearchable(predicates);
    const search = { access, predicates, order, after, limit: limit + 1 };
    const { events, months, removed } = await this.archived.find(search, range);
    return { events, note: { included: true, months, ...(removed.length > 0 ? { removed } : {}) } };
  }

  private async rowsWithin(
    range: Partial<TimeRange>,
    limit: number,
    { access, requested: requested, own, after }: PageSearch,
  ): Promise<readonly LedgerRow[]> {
    const [direction, isAfter] = requested.order === 'asc' ? ['ASC', '>'] : ['DESC', '<'];
    const values = new SqlValues();
    const dialect = range.to && !range.from ? undefined : SCAN_DIALECT; // without a start of the range, matching events may be rare, and PostgreSQL should scan the range in parallel
    const filters = buildConditions(requested, { access, values, meaning: this.catalogue }, dialect);
    const conditions = [
      ...own.conditions(values),
      ...filters,
      ...buildPredicateConditions([{ on: 'time', ...range }], access, values),
    ];
    if (after !== undefined) conditions.push(`id ${isAfter} ${values.bind(after)}::uuid`);
    const tail = `ORDER BY id ${direction} LIMIT ${values.bind(limit)}`;
    const text = selectEvents({ access, columns: COLUMNS, conditions, tail }, values);
    return this.reader.eventRows(access, text, values.list, INDEX_ORDER_SETTINGS);
  }
}

interface PageSearch {
  readonly access: LedgerAccess;
  readonly requested: EventQuery;
  readonly own: OwnConditions;
  /** The id of the last event of the previous page. */
  readonly after: string | undefined;
}

/** Merges stored and archived events in the order of the query. If both lists contain an event, returns the stored event. */
export function mergeEvents(
  stored: readonly LedgerEvent[],
  archived: readonly LedgerEvent[],
  order: EventOrder,
): readonly LedgerEvent[] {
  if (archived.length === 0) return stored;
  const events = new Map([...archived, ...stored].map((event) => [event.id, event]));
  const sign = order === 'asc' ? 1 : -1;
  return [...events.values()].toSorted((one, other) => (one.id < other.id ? -sign : sign));
}

function toMomentRange(id: string): TimeRange {
  const time = parseIdTime(id);
  return { from: time, to: new Date(time.getTime() + 1) };
}

/** Returns the relations that an event may have to others, the closest first. */
export function listRelations({ request, actor, metadata, rowChanges }: LedgerEvent): readonly Relation[] {
  const shared: Readonly<Record<Relation, unknown>> = {
    request: request?.id,
    operation: metadata.operationId ?? rowChanges,
    session: actor.sessionId,
    trace: request?.traceId,
  };
  return (['request', 'operation', 'session', 'trace'] as const).filter((relation) => shared[relation] !== undefined);
}

/** These parameters affect neither which events match nor the order of the events. */
const PRESENTATION_PARAMETERS = ['limit', 'cursor', 'fields', 'names'];

function hashQuery(query: EventQuery, { about }: OwnConditions): string {
  const filters = Object.fromEntries(
    Object.entries(query).filter(([name, value]) => value !== undefined && !PRESENTATION_PARAMETERS.includes(name)),
  );
  return hashCanonicalQuery(canonicalJson(parseJson(JSON.stringify({ about, filters })))); // the round trip leaves plain JSON values
}

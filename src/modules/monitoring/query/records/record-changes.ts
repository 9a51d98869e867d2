import type { LedgerAccess } from '../../access/ledger-access.js';
import { LEDGER_COLUMNS, personalOfRow, type LedgerRow } from '../../store/ledger-row.js';
import type { LedgerReader } from '../../store/ledger-reader.service.js';
import { selectEvents } from '../access-source.js';
import { conditionsThat } from '../filter-sql.js';
import { eventFor, type LedgerEvent, type ResourceName } from '../ledger-event.js';
import { isEqual } from '../predicates.js';
import { SqlValues } from '../sql-values.js';
import { hasImagesApart, joinImages } from './bulk-images.js';
import { formerId, REKEY_TYPES, ROW_CHANGE_TYPES, TRUNCATION_TYPES, type RowChange } from './row-change.js';

const COLUMNS = `${LEDGER_COLUMNS}, NULL AS index`;
/** Makes the planner read by index; see `IN_ORDER` in audit-query.service.ts. */
const IN_ORDER = { enable_seqscan: 'off', jit: 'off' };

/** The condition of its partial index, word for word. */
const IS_REKEYED = `type IN (${quoted(REKEY_TYPES)}) AND details->>'rekeyedFrom' IS NOT NULL`;

/** A time during which a record had one id: it covers the events with ids from `since` on, and before `until`. */
export interface RecordLink {
  readonly resource: ResourceName;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/** The maximum number of ids over which a record is followed. */
const MOST_LINKS = 100;

/** The maximum number of changed keys that are searched for a former id. */
const MOST_REKEYED = 1_000;

/** Which changes of a record to search. */
interface Search {
  readonly order: 'ASC' | 'DESC';
  readonly most: number;
  /** Writes SQL conditions, and places the values that they need. */
  readonly where?: (values: SqlValues) => readonly string[];
}

/** Reads captured row changes under one caller's access. */
export class RecordChanges {
  constructor(
    private readonly reader: LedgerReader,
    private readonly access: LedgerAccess,
  ) {}

  /** The change with this event id. */
  async find(id: string): Promise<RowChange | undefined> {
    const [row] = await this.rows(undefined, 1, (values) => [`id = ${values.place(id)}::uuid`]);
    return row && (await this.changesOf([row]))[0];
  }

  /** The last change of a record, if any. */
  async newest(resource: ResourceName): Promise<readonly RowChange[]> {
    return this.of(resource, { order: 'DESC', most: 1 });
  }

  /** The last change of a record at or before a time. */
  async lastUntil(resource: ResourceName, at: Date): Promise<RowChange | undefined> {
    const found = await this.of(resource, {
      order: 'DESC',
      most: 1,
      where: (values) => [`occurred_at <= ${values.place(at)}`],
    });
    return found[0];
  }

  /** The first change of a record after a time. */
  async firstAfter(resource: ResourceName, at: Date): Promise<RowChange | undefined> {
    const found = await this.of(resource, {
      order: 'ASC',
      most: 1,
      where: (values) => [`occurred_at > ${values.place(at)}`],
    });
    return found[0];
  }

  /** The last event, until a time, that removed all records of a type at once. */
  async lastTruncation({ type }: ResourceName, at: Date): Promise<RowChange | undefined> {
    const [row] = await this.rows('DESC', 1, (values) => [
      `type IN (${quoted(TRUNCATION_TYPES)})`,
      `resource_type = ${values.place(type)} AND resource_id IS NULL`,
      `(type = 'table_truncated' OR details->>'operation' = 'TRUNCATE')`,
      `occurred_at <= ${values.place(at)}`,
    ]);
    return row && (await this.changesOf([row]))[0];
  }

  /** The first change, after an event and until a time, that gave the record another id. */
  async rekeyedAway(resource: ResourceName, behind: string, at: Date): Promise<RowChange | undefined> {
    // Has no condition on the id and no order: with either, the planner would read all events by their ids, since it cannot know how few
    // are rekeyed.
    const rows = await this.rows(undefined, MOST_REKEYED, (values) => [
      IS_REKEYED,
      `resource_type = ${values.place(resource.type)}`,
      // Compares roughly: a key of several columns is joined here, and JSON escapes backslashes. The exact check follows below.
      `position(${values.place(plainPart(resource.id))} in details->>'rekeyedFrom') > 0`,
    ]);
    return (await this.changesOf(rows))
      .filter(({ event }) => event.id > behind && Date.parse(event.occurredAt) <= at.getTime())
      .toSorted((one, other) => (one.event.id < other.event.id ? -1 : 1))
      .find(({ event }) => formerId(event) === resource.id);
  }

  /** The ids that a record had, the newest first. If its key changed, its history continues under the new id. */
  async links(resource: ResourceName, until?: string): Promise<readonly RecordLink[]> {
    const links: RecordLink[] = [];
    let link: RecordLink = { resource, until };
    while (links.length < MOST_LINKS) {
      const rekeyed = await this.rekeyedTo(link);
      const former = rekeyed && formerId(rekeyed.event);
      if (!rekeyed || former === undefined) return [...links, link];
      links.push({ ...link, since: rekeyed.event.id });
      link = { resource: { type: resource.type, id: former }, until: rekeyed.event.id };
    }
    return links;
  }

  /** Yields the changes of one link page by page, the newest first. */
  async *back({ resource, since, until }: RecordLink, pageSize = 100): AsyncGenerator<RowChange, void> {
    let before = until;
    for (;;) {
      const found = await this.of(resource, {
        order: 'DESC',
        most: pageSize,
        where: (values) => idsWithin(since, before, values),
      });
      yield* found;
      before = found.at(-1)?.event.id;
      if (found.length < pageSize) return;
    }
  }

  /** The last change that gave a row this id. */
  private async rekeyedTo({ resource, until }: RecordLink): Promise<RowChange | undefined> {
    const [row] = await this.rows('DESC', 1, (values) => [
      IS_REKEYED,
      ...isOf(resource, this.access, values),
      ...idsWithin(undefined, until, values),
    ]);
    return row && (await this.changesOf([row]))[0];
  }

  private async of(resource: ResourceName, { order, most, where }: Search): Promise<readonly RowChange[]> {
    const rows = await this.rows(order, most, (values) => [
      ...isOf(resource, this.access, values),
      `type IN (${quoted(ROW_CHANGE_TYPES)})`,
      ...(where?.(values) ?? []),
    ]);
    return this.changesOf(rows);
  }

  private async rows(
    order: 'ASC' | 'DESC' | undefined,
    most: number,
    where: (values: SqlValues) => readonly string[],
  ): Promise<readonly LedgerRow[]> {
    const values = new SqlValues();
    const conditions = where(values);
    const sorted = order === undefined ? '' : `ORDER BY id ${order} `;
    const tail = `${sorted}LIMIT ${values.place(most)}`;
    const text = selectEvents({ access: this.access, columns: COLUMNS, conditions, tail }, values);
    return this.reader.eventRows(this.access, text, values.list, IN_ORDER);
  }

  private async changesOf(rows: readonly LedgerRow[]): Promise<readonly RowChange[]> {
    const events = rows.map((row) => eventFor(this.access, row));
    const joined = await joinImages(events, (text, values) => this.reader.eventRows(this.access, text, values));
    return joined.flatMap((event, nth) => {
      const row = rows[nth];
      return row ? [this.changeOf(row, event)] : [];
    });
  }

  private changeOf(row: LedgerRow, event: LedgerEvent): RowChange {
    const isPersonalGone = row.personal_commitment !== null && personalOfRow(row) === undefined;
    if (isPersonalGone) return { event, withheld: 'erased' };
    const { access } = this;
    const isOthers = access.scope === 'subject' && row.actor_id !== access.subjectId;
    if (isOthers && row.personal_commitment !== null) return { event, withheld: 'hidden' };
    if (event.details.ignored === true) return { event, withheld: 'ignored' };
    if (hasImagesApart(event)) return { event, withheld: 'images_apart' };
    return event.truncated === true ? { event, withheld: 'truncated' } : { event };
  }
}

/** A condition for the events about a record while it had one id. */
export function isWithinLink({ resource, since, until }: RecordLink, access: LedgerAccess, values: SqlValues): string {
  return [...isOf(resource, access, values), ...idsWithin(since, until, values)].join(' AND ');
}

function isOf({ type, id }: ResourceName, access: LedgerAccess, values: SqlValues): readonly string[] {
  const predicates = [isEqual('resourceType', type), isEqual('resourceId', id)];
  return conditionsThat(predicates, access, values);
}

/** The range of ids: the first event of a link belongs to it, the last one to the next link. */
function idsWithin(since: string | undefined, until: string | undefined, values: SqlValues): readonly string[] {
  return [
    ...(since === undefined ? [] : [`id >= ${values.place(since)}::uuid`]),
    ...(until === undefined ? [] : [`id < ${values.place(until)}::uuid`]),
  ];
}

/** The part of an id that is the same in the JSON of its key: up to the first comma, quote or backslash. */
function plainPart(id: string): string {
  return /^[^\\",]*/.exec(id)?.[0] ?? '';
}

function quoted(types: readonly string[]): string {
  return types.map((type) => `'${type}'`).join(', ');
}

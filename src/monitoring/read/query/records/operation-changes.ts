import { diffValues, type AuditChanges, type JsonValue } from '../../../../audit/nest-free.js';
import type { LedgerAccess } from '../../access/ledger-access.js';
import { firstIdAt, timeOfId } from '../../../store/id-time.js';
import type { LedgerReader } from '../../../store/ledger-reader.service.js';
import { conditionsThat, IS_ROW_CHANGE } from '../filter-sql.js';
import type { LedgerEvent } from '../ledger-event.js';
import { isEqual } from '../predicates.js';
import type { SqlValues } from '../sql-values.js';
import { joinImages, referTo, ROW_CHANGE_TYPES, TRUNCATION_TYPES } from './row-change.js';
import { RecordChanges } from './record-changes.js';
import type { OperationEvent, OperationStory } from './record.dto.js';

const MOST_EVENTS = 200;
const MOST_JOINED = 500;

/** The search begins a day before the event, because the row changes of a long request may precede the event. */
const BEFORE_MS = 86_400_000;

const CHANGE_TYPES: ReadonlySet<string> = new Set([...ROW_CHANGE_TYPES, ...TRUNCATION_TYPES]);

/**
 * Reads the row changes of an operation. The search uses the index on the request's id, and then filters by the operation's id. An index on
 * the operation's id would not help: under row-level security, PostgreSQL cannot use an index on a JSON field. The search has no end time,
 * because row changes may be stored late.
 */
export class OperationChanges {
  constructor(
    private readonly reader: LedgerReader,
    private readonly access: LedgerAccess,
  ) {}

  /** Returns the operation of an event; `undefined` if the caller sees no row change of the operation. */
  async storyOf(event: LedgerEvent): Promise<OperationStory | undefined> {
    const requestId = event.request?.id;
    if (requestId === undefined) return undefined;
    const operationId = operationIdOf(event);
    const found = await this.eventsOf([requestId], firstIdNear([event]), MOST_EVENTS + 1, (values) =>
      operationId === undefined ? [] : [`metadata->>'operationId' = ${values.place(operationId)}`],
    );
    const shown = found.slice(0, MOST_EVENTS);
    const rowChanges = shown.filter(isRowChange);
    if (rowChanges.length === 0) return undefined;
    return {
      by: operationId === undefined ? 'request' : 'operation',
      id: operationId ?? requestId,
      events: shown.filter((each) => !isRowChange(each)).map(nameOf),
      rowChanges: rowChanges.map(nameOf),
      isWhole: found.length <= MOST_EVENTS,
    };
  }

  /**
   * Adds captured changes to the events that `@Audited` marks with `changesCaptured`, and row images to the events of bulk statements.
   *
   * @param isFolded whether each event of an operation lists the row changes of the operation
   */
  async fill(given: readonly LedgerEvent[], isFolded = false): Promise<readonly LedgerEvent[]> {
    const { reader, access } = this;
    const events = await joinImages(given, (...statement) => reader.eventRows(access, ...statement));
    const isFilled = (event: LedgerEvent): boolean => isFilledByCapture(event) || (isFolded && isOperation(event));
    const waiting = events.filter(isFilled);
    if (waiting.length === 0) return events;
    const requestIds = [...new Set(waiting.flatMap(({ request }) => request?.id ?? []))];
    const found = await this.eventsOf(requestIds, firstIdNear(waiting), MOST_JOINED + 1, () => [IS_ROW_CHANGE]);
    const isWhole = found.length <= MOST_JOINED;
    const changes = found.slice(0, MOST_JOINED);
    return events.map((event) => {
      if (!isFilled(event)) return event;
      const operationId = operationIdOf(event);
      const own = changes.filter((change) => operationIdOf(change) === operationId);
      if (own.length === 0 && !isFilledByCapture(event)) return event;
      return { ...event, ...joinChanges(event, own, isWhole), ...(event.changes && { changes: event.changes }) };
    });
  }

  private async eventsOf(
    requestIds: readonly string[],
    fromId: string,
    most: number,
    where: (values: SqlValues) => readonly string[],
  ): Promise<readonly LedgerEvent[]> {
    const found = await new RecordChanges(this.reader, this.access).changes('ASC', most, (values) => [
      ...conditionsThat([isEqual('requestId', ...requestIds)], this.access, values),
      `id >= ${values.place(fromId)}::uuid`,
      ...where(values),
    ]);
    return found.map(({ event }) => event);
  }
}

function isOperation(event: LedgerEvent): boolean {
  const { request, outcome } = event;
  return !isRowChange(event) && outcome !== 'attempted' && request?.id !== undefined && !!operationIdOf(event);
}

function isRowChange({ type }: LedgerEvent): boolean {
  return CHANGE_TYPES.has(type);
}

function isFilledByCapture({ metadata, request, outcome, changes }: LedgerEvent): boolean {
  return metadata.changesCaptured === true && request?.id !== undefined && outcome !== 'attempted' && !changes;
}

function operationIdOf({ metadata }: LedgerEvent): string | undefined {
  const { operationId } = metadata;
  return typeof operationId === 'string' ? operationId : undefined;
}

function firstIdNear(events: readonly LedgerEvent[]): string {
  const earliest = Math.min(...events.map(({ id }) => timeOfId(id).getTime()));
  return firstIdAt(new Date(earliest - BEFORE_MS));
}

function nameOf(event: LedgerEvent): OperationEvent {
  return { ...referTo({ event }), ...(event.resource && { resource: event.resource }) };
}

function joinChanges(
  event: LedgerEvent,
  rowChanges: readonly LedgerEvent[],
  isWhole: boolean,
): Pick<LedgerEvent, 'rowChanges' | 'changes'> {
  const records = new Map<string, LedgerEvent[]>();
  for (const change of rowChanges) {
    const { schema = null, table = null } = change.details;
    const key = JSON.stringify([schema, table, keyOf(change.resource)]);
    records.set(key, [...(records.get(key) ?? []), change]);
  }
  const named = [...records.values()].filter(([first]) => keyOf(first?.resource) === keyOf(event.resource));
  const own = named.length === 1 ? named[0] : records.size === 1 ? rowChanges : undefined;
  const joined = { events: rowChanges.map(({ id }) => id), records: records.size, isWhole };
  const changes = own && isWhole ? netChanges(own) : undefined;
  return { ...(changes && { changes }), rowChanges: joined };
}

function keyOf(resource: LedgerEvent['resource']): string {
  return JSON.stringify([resource?.type, resource?.id]);
}

function netChanges(rowChanges: readonly LedgerEvent[]): AuditChanges | undefined {
  const [first, last] = [rowChanges.at(0)?.changes, rowChanges.at(-1)?.changes];
  if (!first || !last || first === last) return first;
  const [before, after] = [first.before, last.after];
  const masked = rowChanges.flatMap(({ changes }) => maskedEntries(changes?.diff));
  const diff = [
    ...diffValues(before, after),
    ...new Map(masked.map((entry) => [JSON.stringify(entry), entry])).values(),
  ];
  return { ...(before !== undefined && { before }), ...(after !== undefined && { after }), diff };
}

/** Returns the entries of changed secrets, which have the same mask before and after the change. */
function maskedEntries(diff: JsonValue | undefined): readonly JsonValue[] {
  if (!Array.isArray(diff)) return [];
  return (diff as readonly JsonValue[]).filter((entry) => {
    const { from, to } = Object(entry) as Readonly<Record<string, unknown>>; // Object() accepts any value
    return typeof from === 'string' && from === to;
  });
}

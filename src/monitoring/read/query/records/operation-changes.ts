import { diffValues, type AuditChanges, type JsonValue } from '../../../../audit/nest-free.js';
import type { LedgerAccess } from '../../access/ledger-access.js';
import { createFirstIdAt, parseIdTime } from '../../../store/id-time.js';
import type { LedgerReader } from '../../../store/ledger-reader.service.js';
import { buildPredicateConditions, IS_ROW_CHANGE } from '../filter-sql.js';
import type { LedgerEvent } from '../ledger-event.js';
import { isEqual } from '../predicates.js';
import type { SqlValues } from '../sql-values.js';
import { joinImages, toEventReference, ROW_CHANGE_TYPES, TRUNCATION_TYPES } from './row-change.js';
import { RecordChanges } from './record-changes.js';
import type { OperationEvent, OperationStory } from './record.dto.js';

const MAX_EVENTS = 200;
const MAX_JOINED = 500;

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
  async readStory(event: LedgerEvent): Promise<OperationStory | undefined> {
    const requestId = event.request?.id;
    if (requestId === undefined) return undefined;
    const operationId = getOperationId(event);
    const found = await this.readEvents([requestId], getEarliestId([event]), MAX_EVENTS + 1, (values) =>
      operationId === undefined ? [] : [`metadata->>'operationId' = ${values.bind(operationId)}`],
    );
    const shown = found.slice(0, MAX_EVENTS);
    const rowChanges = shown.filter(isRowChange);
    if (rowChanges.length === 0) return undefined;
    return {
      by: operationId === undefined ? 'request' : 'operation',
      id: operationId ?? requestId,
      events: shown.filter((each) => !isRowChange(each)).map(toOperationEvent),
      rowChanges: rowChanges.map(toOperationEvent),
      isComplete: found.length <= MAX_EVENTS,
    };
  }

  /**
   * Adds captured changes to the events that `@Audited` marks with `changesCaptured`, and row images to the events of bulk statements.
   *
   * @param isFolded whether each event of an operation lists the row changes of the operation
   */
  async fill(input: readonly LedgerEvent[], isFolded = false): Promise<readonly LedgerEvent[]> {
    const { reader, access } = this;
    const events = await joinImages(input, (...statement) => reader.eventRows(access, ...statement));
    const isFilled = (event: LedgerEvent): boolean => isFilledByCapture(event) || (isFolded && isOperation(event));
    const waiting = events.filter(isFilled);
    if (waiting.length === 0) return events;
    const requestIds = [...new Set(waiting.flatMap(({ request }) => request?.id ?? []))];
    const found = await this.readEvents(requestIds, getEarliestId(waiting), MAX_JOINED + 1, () => [IS_ROW_CHANGE]);
    const isComplete = found.length <= MAX_JOINED;
    const changes = found.slice(0, MAX_JOINED);
    return events.map((event) => {
      if (!isFilled(event)) return event;
      const operationId = getOperationId(event);
      const own = changes.filter((change) => getOperationId(change) === operationId);
      if (own.length === 0 && !isFilledByCapture(event)) return event;
      return { ...event, ...joinChanges(event, own, isComplete), ...(event.changes && { changes: event.changes }) };
    });
  }

  private async readEvents(
    requestIds: readonly string[],
    fromId: string,
    limit: number,
    where: (values: SqlValues) => readonly string[],
  ): Promise<readonly LedgerEvent[]> {
    const found = await new RecordChanges(this.reader, this.access).changes('ASC', limit, (values) => [
      ...buildPredicateConditions([isEqual('requestId', ...requestIds)], this.access, values),
      `id >= ${values.bind(fromId)}::uuid`,
      ...where(values),
    ]);
    return found.map(({ event }) => event);
  }
}

function isOperation(event: LedgerEvent): boolean {
  const { request, outcome } = event;
  return !isRowChange(event) && outcome !== 'attempted' && request?.id !== undefined && !!getOperationId(event);
}

function isRowChange({ type }: LedgerEvent): boolean {
  return CHANGE_TYPES.has(type);
}

function isFilledByCapture({ metadata, request, outcome, changes }: LedgerEvent): boolean {
  return metadata.changesCaptured === true && request?.id !== undefined && outcome !== 'attempted' && !changes;
}

function getOperationId({ metadata }: LedgerEvent): string | undefined {
  const { operationId } = metadata;
  return typeof operationId === 'string' ? operationId : undefined;
}

function getEarliestId(events: readonly LedgerEvent[]): string {
  const earliest = Math.min(...events.map(({ id }) => parseIdTime(id).getTime()));
  return createFirstIdAt(new Date(earliest - BEFORE_MS));
}

function toOperationEvent(event: LedgerEvent): OperationEvent {
  return { ...toEventReference({ event }), ...(event.resource && { resource: event.resource }) };
}

function joinChanges(
  event: LedgerEvent,
  rowChanges: readonly LedgerEvent[],
  isComplete: boolean,
): Pick<LedgerEvent, 'rowChanges' | 'changes'> {
  const records = new Map<string, LedgerEvent[]>();
  for (const change of rowChanges) {
    const { schema = null, table = null } = change.details;
    const key = JSON.stringify([schema, table, toResourceKey(change.resource)]);
    records.set(key, [...(records.get(key) ?? []), change]);
  }
  const named = [...records.values()].filter(
    ([first]) => toResourceKey(first?.resource) === toResourceKey(event.resource),
  );
  const own = named.length === 1 ? named[0] : records.size === 1 ? rowChanges : undefined;
  const joined = { events: rowChanges.map(({ id }) => id), records: records.size, isComplete };
  const changes = own && isComplete ? computeNetChanges(own) : undefined;
  return { ...(changes && { changes }), rowChanges: joined };
}

function toResourceKey(resource: LedgerEvent['resource']): string {
  return JSON.stringify([resource?.type, resource?.id]);
}

function computeNetChanges(rowChanges: readonly LedgerEvent[]): AuditChanges | undefined {
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

import type { JsonObject, JsonValue } from '../../../../audit/nest-free.js';
import type { ResourceName } from '../ledger-event.js';
import {
  imageAfter,
  imageBefore,
  isDeletion,
  isInsertion,
  changedColumns,
  unknownIn,
  maskOf,
  type RowChange,
} from './row-change.js';
import type { EventReference, RecordState, UnknownPart, RecordBlame } from './record.dto.js';

/** The changes of a record around a time. */
export interface KnownChanges {
  /** The last change until the time. */
  readonly last: RowChange | undefined;
  /** The first change after the time, if no change precedes the time. */
  readonly next?: RowChange | undefined;
  /** The change after `last` that gave the row another key. */
  readonly rekeyed?: RowChange | undefined;
  /** The last event until the given time that emptied the whole table. */
  readonly truncated?: RowChange | undefined;
  /** The months with retired events, until the time. */
  readonly retired?: readonly string[] | undefined;
  /** Columns in events of the record other than the shown change. These events are read only if a part of the shown change is withheld. */
  readonly columns?: readonly string[];
}

export function stateOf({ type, id, table = [] }: ResourceName, at: Date, known: KnownChanges): RecordState {
  const { last, next, columns } = known;
  const tables = [table].flat();
  const state = { resource: { type, id }, ...(tables.length > 0 && { tables }), at: at.toISOString() };
  const absent = (change: RowChange, unknown: readonly UnknownPart[] = []): RecordState => {
    return { ...state, exists: false, values: null, event: referTo(change), unknown };
  };
  const present = (
    change: RowChange,
    image: JsonObject | undefined,
    gaps: readonly UnknownPart[] = [],
  ): RecordState => {
    const unknown = [...unknownIn(image ?? {}, change, columns), ...gaps];
    return { ...state, exists: true, values: image ?? null, event: referTo(change), unknown };
  };
  const emptied = newest(known.truncated, known.rekeyed);
  if (emptied && (!last || emptied.event.id > last.event.id)) {
    const to = emptied === known.rekeyed ? emptied.event.resource : undefined;
    return { ...absent(emptied), ...(to?.id !== undefined && { movedTo: { type: to.type, id: to.id } }) };
  }
  if (last) return isDeletion(last) ? absent(last) : present(last, imageAfter(last));
  const gap: UnknownPart = known.retired ? { why: 'retired', months: known.retired } : { why: 'before_capture' };
  if (!next) return { ...state, exists: null, values: null, event: null, unknown: [gap] };
  const cameByKey = next.event.details.rekeyedFrom !== undefined;
  // If every change was captured, the row did not exist before its insert. If capture began later, the earlier state of the row is unknown.
  return isInsertion(next) || cameByKey ? absent(next, [gap]) : present(next, imageBefore(next), [gap]);
}

export function referTo({ event: { id, type, occurredAt, actor } }: RowChange): EventReference {
  return { id, type, occurredAt, actor };
}

function newest(one: RowChange | undefined, other: RowChange | undefined): RowChange | undefined {
  if (!one || !other) return one ?? other;
  return one.event.id > other.event.id ? one : other;
}

const MOST_CHANGES = 10_000;

/**
 * Finds the event that last changed each field of a record.
 *
 * @param changes the changes of the record, newest first
 * @param whyOlder returns the reason why older changes are unknown
 */
export async function blameOf(
  { values, unknown, ...record }: RecordState,
  changes: AsyncIterable<RowChange>,
  whyOlder: () => Promise<UnknownPart>,
): Promise<RecordBlame> {
  const found = new Map<string, EventReference>();
  const missing = new Set([...Object.keys(values ?? {}), ...unknown.flatMap(({ fields = [] }) => fields)]);
  let why: UnknownPart | undefined;
  let count = 0;
  for await (const change of changes) {
    // No field has an older change than the insert, even if the inserted row is withheld.
    for (const name of isInsertion(change) ? missing : changedColumns(change)) {
      if (missing.delete(name)) found.set(name, referTo(change));
    }
    const { withheld } = change;
    if (withheld === 'images_apart' || withheld === 'ignored') why = { why: withheld };
    else if (++count >= MOST_CHANGES) why = { why: 'too_many_changes' };
    if (missing.size === 0 || why) break;
  }
  const fields = [...missing].toSorted();
  const isGap = fields.length > 0 && (count > 0 || why !== undefined);
  return {
    ...record,
    fields: [...found.keys(), ...fields].toSorted().map((field) => ({
      field,
      ...valueOf(values?.[field]),
      event: found.get(field) ?? null,
    })),
    unknown: isGap ? [...unknown, { ...(why ?? (await whyOlder())), fields }] : unknown,
  };
}

function valueOf(value: JsonValue | undefined): { readonly value?: JsonValue } {
  return value === undefined || maskOf(value) !== undefined ? {} : { value };
}

import type { ResourceName } from '../ledger-event.js';
import { imageAfter, imageBefore, isDeletion, isInsertion, type RowChange } from './row-change.js';
import { unknownIn } from './unknown-fields.js';
import type { EventReference, RecordState, UnknownPart } from './record.dto.js';

/** The changes that are known around a time. */
export interface KnownChanges {
  /** The last change at or before it. */
  readonly last: RowChange | undefined;
  /** The first change after it, if no change is before it. */
  readonly next?: RowChange | undefined;
  /** The change, after `last`, that gave the row another key. */
  readonly rekeyed?: RowChange | undefined;
  /** The last event that emptied the whole table. */
  readonly truncated?: RowChange | undefined;
  /** Months before that time whose events were retired. */
  readonly retired?: readonly string[] | undefined;
  /** Columns that other events of the record name; read if something is withheld. */
  readonly columns?: readonly string[];
}

/** Derives the state of a record from the changes around a time. */
export function stateOf(resource: ResourceName, at: Date, known: KnownChanges): RecordState {
  const { last, next, columns } = known;
  const state = { resource, at: at.toISOString() };
  const emptied = newest(known.truncated, known.rekeyed);
  if (emptied && (!last || emptied.event.id > last.event.id)) {
    const to = emptied === known.rekeyed ? emptied.event.resource : undefined;
    const movedTo = to?.id === undefined ? {} : { movedTo: { type: to.type, id: to.id } };
    return { ...state, exists: false, values: null, event: referTo(emptied), unknown: [], ...movedTo };
  }
  if (last) {
    if (isDeletion(last)) return { ...state, exists: false, values: null, event: referTo(last), unknown: [] };
    const values = imageAfter(last);
    const unknown = unknownIn(values ?? {}, last, columns);
    return { ...state, exists: true, values: values ?? null, event: referTo(last), unknown };
  }
  const gap: UnknownPart = known.retired ? { why: 'retired', months: known.retired } : { why: 'before_capture' };
  if (!next) return { ...state, exists: null, values: null, event: null, unknown: [gap] };
  const event = referTo(next);
  const cameByKey = next.event.details.rekeyedFrom !== undefined;
  // The row before an insert is unknown, unless every change since was captured: then no row existed.
  if (isInsertion(next) || cameByKey) return { ...state, exists: false, values: null, event, unknown: [gap] };
  const values = imageBefore(next);
  return {
    ...state,
    exists: true,
    values: values ?? null,
    event,
    unknown: [...unknownIn(values ?? {}, next, columns), gap],
  };
}

/** The reference to an event in a state or a blame. */
export function referTo({ event: { id, type, occurredAt, actor } }: RowChange): EventReference {
  return { id, type, occurredAt, actor };
}

function newest(one: RowChange | undefined, other: RowChange | undefined): RowChange | undefined {
  if (!one || !other) return one ?? other;
  return one.event.id > other.event.id ? one : other;
}

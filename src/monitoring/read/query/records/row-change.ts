import {
  REDACTED,
  type JsonObject,
  type JsonValue,
  diffValues,
  type AuditChanges,
  type AuditEvent,
} from '../../../../audit/nest-free.js';
import { formatKeyId, digestImages, parseExactly } from '../../../store/row-images.js';
import { unescapeName } from '../../../proof/sealing/own-fields.js';
import type { LedgerEvent, ResourceName } from '../ledger-event.js';
import type { UnknownPart, EventReference, RecordState, RecordBlame } from './record.dto.js';
import type { LedgerRow } from '../../../store/ledger-row.js';
import { hasExtension } from '../../../store/sessions/has-extension.js';

export const ROW_CHANGE_TYPES = ['row_inserted', 'row_updated', 'row_deleted', 'row_changed_externally'] as const;

/** Lists the event types that may give a row another key. */
export const REKEY_TYPES = ['row_updated', 'row_changed_externally'] as const;

/** Lists the event types that may empty a whole table. */
export const TRUNCATION_TYPES = ['table_truncated', 'row_changed_externally'] as const;

/**
 * The reason why a part of an event is withheld. `hidden`: the caller may not see that part. `images_apart`: the row images of the event are
 * stored in another table. `ignored`: the change happened within `AuditContext.ignore`.
 */
export type Withheld = 'erased' | 'hidden' | 'truncated' | 'images_apart' | 'ignored';

/** A captured change of one row, without the parts that the caller may not see. */
export interface RowChange {
  readonly event: LedgerEvent;
  readonly withheld?: Withheld;
}

export function isRowChange({ event }: RowChange): boolean {
  return ROW_CHANGE_TYPES.some((type) => type === event.type);
}

/** Returns the row before its change; `undefined` if the row did not exist, or its values are unknown. */
export function getBeforeImage({ event }: RowChange): JsonObject | undefined {
  return toObject(event.changes?.before);
}

/** Returns the row after its change; `undefined` if the row was deleted, or its values are unknown. */
export function getAfterImage({ event }: RowChange): JsonObject | undefined {
  return toObject(event.changes?.after);
}

export function isDeletion({ event }: RowChange): boolean {
  return event.type === 'row_deleted' || (event.type === 'row_changed_externally' && isOperation(event, 'DELETE'));
}

export function isInsertion({ event }: RowChange): boolean {
  return event.type === 'row_inserted' || (event.type === 'row_changed_externally' && isOperation(event, 'INSERT'));
}

/** Returns the former id of a row; `undefined` if the change did not affect its id. */
export function getFormerId({ details, resource }: LedgerEvent): string | undefined {
  const [key, former] = [toObject(details.key), toObject(details.rekeyedFrom)];
  if (!former) return undefined;
  // Canonical JSON loses the order of the key's columns, in which the id lists the values.
  const isOrder = (columns: readonly string[]): boolean =>
    key !== undefined && formatKeyId(pick(key, columns)) === resource?.id;
  const columns = Object.keys(former);
  const order = columns.length > MAX_SORTED ? undefined : listOrders(columns).find(isOrder);
  return formatKeyId(pick(former, order ?? columns));
}

/** Splits an id into the values of a key with `count` columns: the inverse of {@link formatKeyId}. */
export function splitId(id: string, count: number): readonly string[] {
  if (count === 1) return [id];
  return [...`${id},`.matchAll(/((?:[^\\,]|\\.)*),/gsy)].map(([, part = '']) => part.replace(/\\(.)/gs, '$1'));
}

/** The maximum number of key columns for which every order of the columns is tried. */
const MAX_SORTED = 5;

function pick(key: JsonObject, columns: readonly string[]): readonly JsonValue[] {
  return columns.map((column) => key[column] ?? null);
}

function listOrders(columns: readonly string[]): readonly (readonly string[])[] {
  if (columns.length <= 1) return [columns];
  return columns.flatMap((first) =>
    listOrders(columns.filter((column) => column !== first)).map((others) => [first, ...others]),
  );
}

/** Returns the columns that a change affected; for an inserted row, all known columns. */
export function listChangedColumns(change: RowChange): readonly string[] {
  const [before, after] = [getBeforeImage(change), getAfterImage(change)];
  if (!before && after) return Object.keys(after);
  const { diff } = change.event.changes ?? {};
  const entries: readonly JsonValue[] = isList(diff) ? diff : [];
  const names = entries.flatMap((entry) => {
    const path = toObject(entry)?.path;
    return typeof path === 'string' ? unescapeName(path.split('/')[1] ?? '') : [];
  });
  return [...new Set(names)].filter((name) => name !== '');
}

function isOperation({ details }: LedgerEvent, operation: string): boolean {
  return details.operation === operation;
}

/** Returns the value if it is a JSON object; otherwise `undefined`. */
export function toObject(value: JsonValue | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !isList(value) ? value : undefined;
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const LAST_FOUR = /^\*{4}[^]{4}$/;

/** Returns how a value is masked, also in a part of it; `undefined` for a value without a mask. */
export function getMask(value: JsonValue = null): 'redacted' | 'digested' | undefined {
  if (JSON.stringify(value).includes(REDACTED) || (typeof value === 'string' && LAST_FOUR.test(value)))
    return 'redacted';
  return typeof value === 'string' && DIGEST.test(value) ? 'digested' : undefined;
}

/**
 * Returns the unknown parts of a row's image.
 *
 * @param change the change to which the image belongs
 * @param columns the columns in events of this record other than that of `change`
 */
function listUnknown(image: JsonObject, change: RowChange, columns: readonly string[] = []): readonly UnknownPart[] {
  const masked = (['redacted', 'digested'] as const).map((reason) => {
    const fields = Object.keys(image).filter((name) => getMask(image[name]) === reason);
    return { reason, fields: fields.toSorted() };
  });
  const parts: UnknownPart[] = masked.filter(({ fields }) => fields.length > 0);
  const { withheld } = change;
  if (withheld) {
    const missing = [...new Set([...columns, ...listColumns(change)])].filter((name) => !Object.hasOwn(image, name));
    parts.push({ reason: withheld, ...(missing.length > 0 && { fields: missing.toSorted() }) });
  }
  return parts;
}

export function listColumns(change: RowChange): readonly string[] {
  return [
    ...Object.keys(getBeforeImage(change) ?? {}),
    ...Object.keys(getAfterImage(change) ?? {}),
    ...listChangedColumns(change),
  ];
}

/** The changes of a record around a time. */
interface KnownChanges {
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

export function buildRecordState({ type, id, table = [] }: ResourceName, at: Date, known: KnownChanges): RecordState {
  const { last, next, columns } = known;
  const tables = [table].flat();
  const state = { resource: { type, id }, ...(tables.length > 0 && { tables }), at: at.toISOString() };
  const absent = (change: RowChange, unknown: readonly UnknownPart[] = []): RecordState => {
    return { ...state, exists: false, values: null, event: toEventReference(change), unknown };
  };
  const present = (
    change: RowChange,
    image: JsonObject | undefined,
    gaps: readonly UnknownPart[] = [],
  ): RecordState => {
    const unknown = [...listUnknown(image ?? {}, change, columns), ...gaps];
    return { ...state, exists: true, values: image ?? null, event: toEventReference(change), unknown };
  };
  const emptied = pickNewest(known.truncated, known.rekeyed);
  if (emptied && (!last || emptied.event.id > last.event.id)) {
    const to = emptied === known.rekeyed ? emptied.event.resource : undefined;
    return { ...absent(emptied), ...(to?.id !== undefined && { movedTo: { type: to.type, id: to.id } }) };
  }
  if (last) return isDeletion(last) ? absent(last) : present(last, getAfterImage(last));
  const gap: UnknownPart = known.retired ? { reason: 'retired', months: known.retired } : { reason: 'before_capture' };
  if (!next) return { ...state, exists: null, values: null, event: null, unknown: [gap] };
  const cameByKey = next.event.details.rekeyedFrom !== undefined;
  // If every change was captured, the row did not exist before its insert. If capture began later, the earlier state of the row is unknown.
  return isInsertion(next) || cameByKey ? absent(next, [gap]) : present(next, getBeforeImage(next), [gap]);
}

export function toEventReference({ event: { id, type, occurredAt, actor } }: RowChange): EventReference {
  return { id, type, occurredAt, actor };
}

function pickNewest(one: RowChange | undefined, other: RowChange | undefined): RowChange | undefined {
  if (!one || !other) return one ?? other;
  return one.event.id > other.event.id ? one : other;
}

const MAX_CHANGES = 10_000;

/**
 * Finds the event that last changed each field of a record.
 *
 * @param changes the changes of the record, newest first
 * @param findOlderReason returns the reason why older changes are unknown
 */
export async function buildBlame(
  { values, unknown, ...record }: RecordState,
  changes: AsyncIterable<RowChange>,
  findOlderReason: () => Promise<UnknownPart>,
): Promise<RecordBlame> {
  const found = new Map<string, EventReference>();
  const missing = new Set([...Object.keys(values ?? {}), ...unknown.flatMap(({ fields = [] }) => fields)]);
  let reason: UnknownPart | undefined;
  let count = 0;
  for await (const change of changes) {
    // No field has an older change than the insert, even if the inserted row is withheld.
    for (const name of isInsertion(change) ? missing : listChangedColumns(change)) {
      if (missing.delete(name)) found.set(name, toEventReference(change));
    }
    const { withheld } = change;
    if (withheld === 'images_apart' || withheld === 'ignored') reason = { reason: withheld };
    else if (++count >= MAX_CHANGES) reason = { reason: 'too_many_changes' };
    if (missing.size === 0 || reason) break;
  }
  const fields = [...missing].toSorted();
  const isGap = fields.length > 0 && (count > 0 || reason !== undefined);
  return {
    ...record,
    fields: [...found.keys(), ...fields].toSorted().map((field) => ({
      field,
      ...toValuePart(values?.[field]),
      event: found.get(field) ?? null,
    })),
    unknown: isGap ? [...unknown, { ...(reason ?? (await findOlderReason())), fields }] : unknown,
  };
}

function toValuePart(value: JsonValue | undefined): { readonly value?: JsonValue } {
  return value === undefined || getMask(value) !== undefined ? {} : { value };
}

const IMAGES = 'SELECT event_id, before::text, after::text FROM audit_row_image WHERE event_id = ANY ($1::uuid[])';

/**
 * Adds `changes` to the events of bulk statements; the row images of these events are stored in another table. Leaves out images that do
 * not match the digest in their event, and images that the caller may not see. Rejects with the error of the PostgreSQL client.
 *
 * @param rows runs an SQL query with the caller's access
 */
export async function joinImages<Event extends AuditEvent>(
  events: readonly Event[],
  rows: (text: string, values: readonly unknown[]) => Promise<readonly LedgerRow[]>,
): Promise<readonly Event[]> {
  const ids = events.filter(hasImagesApart).map(({ id }) => id);
  if (
    ids.length === 0 ||
    !(await hasExtension({ rows: async (text, values = []) => rows(text, values) }, 'row-changes'))
  )
    return events;
  const found = new Map((await rows(IMAGES, [ids])).map((row) => [String(row.event_id), row]));
  return events.map((event) => {
    const row = found.get(event.id);
    const changes = row && parseChanges(row, event.details.imagesDigest);
    return changes ? { ...event, changes } : event;
  });
}

/** Whether the event has a digest of its row images instead of the images. */
export function hasImagesApart({ details, changes }: Pick<AuditEvent, 'details' | 'changes'>): boolean {
  return details.imagesApart === true && changes === undefined;
}

function parseChanges(row: LedgerRow, digest: unknown): AuditChanges | undefined {
  const [before, after] = [parseImage(row.before), parseImage(row.after)];
  if (digestImages({ before, after }) !== digest) return undefined;
  return {
    ...(before && { before }),
    ...(after && { after }),
    ...(before && after && { diff: diffValues(before, after) }),
  };
}

function parseImage(text: unknown): JsonObject | undefined {
  return typeof text === 'string' ? toObject(parseExactly(text) as JsonObject) : undefined; // a JSON column
}

import { REDACTED, type JsonObject, type JsonValue } from '../../../../audit/nest-free.js';
import { idOfKey } from '../../../store/row-images.js';
import { unescapeName } from '../../../proof/sealing/own-fields.js';
import type { LedgerEvent } from '../ledger-event.js';
import type { UnknownPart } from './record.dto.js';

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
export function imageBefore({ event }: RowChange): JsonObject | undefined {
  return objectOf(event.changes?.before);
}

/** Returns the row after its change; `undefined` if the row was deleted, or its values are unknown. */
export function imageAfter({ event }: RowChange): JsonObject | undefined {
  return objectOf(event.changes?.after);
}

export function isDeletion({ event }: RowChange): boolean {
  return event.type === 'row_deleted' || (event.type === 'row_changed_externally' && isBy(event, 'DELETE'));
}

export function isInsertion({ event }: RowChange): boolean {
  return event.type === 'row_inserted' || (event.type === 'row_changed_externally' && isBy(event, 'INSERT'));
}

/** Returns the former id of a row; `undefined` if the change did not affect its id. */
export function formerId({ details, resource }: LedgerEvent): string | undefined {
  const [key, former] = [objectOf(details.key), objectOf(details.rekeyedFrom)];
  if (!former) return undefined;
  // Canonical JSON loses the order of the key's columns, in which the id lists the values.
  const isOrder = (columns: readonly string[]): boolean =>
    key !== undefined && idOfKey(pick(key, columns)) === resource?.id;
  const columns = Object.keys(former);
  const order = columns.length > MOST_SORTED ? undefined : ordersOf(columns).find(isOrder);
  return idOfKey(pick(former, order ?? columns));
}

/** Splits an id into the values of a key with `count` columns: the inverse of {@link idOfKey}. */
export function partsOfId(id: string, count: number): readonly string[] {
  if (count === 1) return [id];
  return [...`${id},`.matchAll(/((?:[^\\,]|\\.)*),/gsy)].map(([, part = '']) => part.replace(/\\(.)/gs, '$1'));
}

/** The maximum number of key columns for which every order of the columns is tried. */
const MOST_SORTED = 5;

function pick(key: JsonObject, columns: readonly string[]): readonly JsonValue[] {
  return columns.map((column) => key[column] ?? null);
}

function ordersOf(columns: readonly string[]): readonly (readonly string[])[] {
  if (columns.length <= 1) return [columns];
  return columns.flatMap((first) =>
    ordersOf(columns.filter((column) => column !== first)).map((others) => [first, ...others]),
  );
}

/** Returns the columns that a change affected; for an inserted row, all known columns. */
export function changedColumns(change: RowChange): readonly string[] {
  const [before, after] = [imageBefore(change), imageAfter(change)];
  if (!before && after) return Object.keys(after);
  const { diff } = change.event.changes ?? {};
  const entries: readonly JsonValue[] = isList(diff) ? diff : [];
  const names = entries.flatMap((entry) => {
    const path = objectOf(entry)?.path;
    return typeof path === 'string' ? unescapeName(path.split('/')[1] ?? '') : [];
  });
  return [...new Set(names)].filter((name) => name !== '');
}

function isBy({ details }: LedgerEvent, operation: string): boolean {
  return details.operation === operation;
}

/** Returns the value if it is a JSON object; otherwise `undefined`. */
export function objectOf(value: JsonValue | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !isList(value) ? value : undefined;
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const LAST_FOUR = /^\*{4}[^]{4}$/;

/** Returns how a value is masked, also in a part of it; `undefined` for a value without a mask. */
export function maskOf(value: JsonValue = null): 'redacted' | 'digested' | undefined {
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
export function unknownIn(
  image: JsonObject,
  change: RowChange,
  columns: readonly string[] = [],
): readonly UnknownPart[] {
  const masked = (['redacted', 'digested'] as const).map((why) => {
    const fields = Object.keys(image).filter((name) => maskOf(image[name]) === why);
    return { why, fields: fields.toSorted() };
  });
  const parts: UnknownPart[] = masked.filter(({ fields }) => fields.length > 0);
  const { withheld } = change;
  if (withheld) {
    const missing = [...new Set([...columns, ...columnsOf(change)])].filter((name) => !Object.hasOwn(image, name));
    parts.push({ why: withheld, ...(missing.length > 0 && { fields: missing.toSorted() }) });
  }
  return parts;
}

export function columnsOf(change: RowChange): readonly string[] {
  return [
    ...Object.keys(imageBefore(change) ?? {}),
    ...Object.keys(imageAfter(change) ?? {}),
    ...changedColumns(change),
  ];
}

import type { JsonObject, JsonValue } from './audit-event.js';
import { alignItems, type ItemKeys } from './diff-items.js';

/** One difference: only `from` is a removal, only `to` an addition, both a change. */
export interface JsonChange {
  /** An RFC 6901 pointer. An index of a list refers to the list after the changes before this one, as in RFC 6902. */
  readonly path: string;
  readonly from?: JsonValue;
  readonly to?: JsonValue;
}

/** Returns the changes that, applied in order, turn `before` into `after`; empty if they are equal. `undefined`: the state is missing. */
export function diffJson(before: JsonValue | undefined, after: JsonValue | undefined): readonly JsonChange[] {
  const changes: JsonChange[] = [];
  compare(before, after, '');
  return changes;

  function compare(from: JsonValue | undefined, to: JsonValue | undefined, path: string): void {
    if (isList(from) && isList(to)) compareItems(from, to, path);
    else if (isObject(from) && isObject(to)) compareFields(from, to, path);
    else if (sameText(from) !== sameText(to)) {
      changes.push({ path, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) });
    }
  }

  function compareFields(from: JsonObject, to: JsonObject, path: string): void {
    for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
      compare(fieldOf(from, name), fieldOf(to, name), `${path}/${escapeSegment(name)}`);
    }
  }

  function compareItems(from: readonly JsonValue[], to: readonly JsonValue[], path: string): void {
    for (const { place, before: index, after: otherIndex } of alignItems(from.map(itemKeys), to.map(itemKeys))) {
      const item = index === undefined ? undefined : from[index];
      const other = otherIndex === undefined ? undefined : to[otherIndex];
      const isOther = item !== undefined && other !== undefined && identityOf(item) !== identityOf(other);
      if (isOther) changes.push({ path: `${path}/${place}`, from: item, to: other });
      else compare(item, other, `${path}/${place}`);
    }
  }
}

const IDENTITIES = ['id', '_id', 'key', 'sku'] as const;

/** Returns an item's id, by which it is recognised although it changed; `undefined` without one. */
function identityOf(item: JsonValue): string | undefined {
  if (!isObject(item)) return undefined;
  const name = IDENTITIES.find((each) => Object.hasOwn(item, each));
  return name === undefined ? undefined : `${name} ${sameText(item[name])}`;
}

/** Returns a text that two values share exactly if they are equal, whatever the order of their fields. */
function sameText(value: JsonValue | undefined): string {
  if (isList(value)) return `[${value.map(sameText).join(',')}]`;
  if (!isObject(value)) return value === undefined ? '' : JSON.stringify(value);
  const fields = Object.keys(value).sort();
  return `{${fields.map((name) => `${JSON.stringify(name)}:${sameText(value[name])}`).join(',')}}`;
}

function itemKeys(item: JsonValue): ItemKeys {
  return { text: sameText(item), identity: identityOf(item) };
}

function fieldOf(value: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

function escapeSegment(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

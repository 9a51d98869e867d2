import type { JsonObject, JsonValue } from './audit-event.js';
import { alignItems, type ItemKeys } from './diff-items.js';

/** One difference: `from` alone is a removal, `to` alone an addition, both a change. */
export interface JsonChange {
  /** An RFC 6901 pointer. The place in a list counts in the list as the changes before this one left it, as in RFC 6902. */
  readonly path: string;
  readonly from?: JsonValue;
  readonly to?: JsonValue;
}

/** The changes that, applied in order, make `after` of `before`; none when they are equal. `undefined`: not there. */
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

/** What says that an item is the same one, though changed: its id; `undefined` without one. */
function identityOf(item: JsonValue): string | undefined {
  if (!isObject(item)) return undefined;
  const name = IDENTITIES.find((each) => Object.hasOwn(item, each));
  return name === undefined ? undefined : `${name} ${sameText(item[name])}`;
}

/** A text that two values have in common exactly when they are equal, whatever the order of their fields. */
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

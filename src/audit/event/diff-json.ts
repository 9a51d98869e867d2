import type { JsonObject, JsonValue } from './audit-event.js';
import { canonicalJson } from '../../base/json/canonical-json.js';

/** One difference. `from` alone means a removal, `to` alone an addition, `from` and `to` a change. */
// eslint-disable-next-line @typescript-eslint/consistent-type-definitions -- an interface is not assignable to JsonObject
export type JsonChange = {
  /**
   * An RFC 6901 JSON pointer (`/items/0/quantity`; empty for the whole state). The changes must be applied in their order. As in RFC 6902,
   * an index refers to the list after all earlier changes.
   */
  readonly path: string;
  readonly from?: JsonValue;
  readonly to?: JsonValue;
};

/**
 * Returns the changes from `before` to `after` in order; an empty list for equal states. `undefined` means a missing state.
 *
 * The npm packages for this compare lists by index (fast-json-patch, microdiff), or omit old values and have no limits (rfc6902).
 */
export function diffJson(before: JsonValue | undefined, after: JsonValue | undefined): readonly JsonChange[] {
  const changes: JsonChange[] = [];
  compare(before, after, '');
  return changes;

  function compare(from: JsonValue | undefined, to: JsonValue | undefined, path: string): void {
    if (isList(from) && isList(to)) compareItems(from, to, path);
    else if (isObject(from) && isObject(to)) compareFields(from, to, path);
    else if (toComparableText(from) !== toComparableText(to)) {
      changes.push({ path, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) });
    }
  }

  function compareFields(from: JsonObject, to: JsonObject, path: string): void {
    for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
      compare(getOwnField(from, name), getOwnField(to, name), `${path}/${escapeSegment(name)}`);
    }
  }

  function compareItems(from: readonly JsonValue[], to: readonly JsonValue[], path: string): void {
    for (const { position, before: index, after: otherIndex } of alignItems(from.map(itemKeys), to.map(itemKeys))) {
      const item = index === undefined ? undefined : from[index];
      const other = otherIndex === undefined ? undefined : to[otherIndex];
      const isOther = item !== undefined && other !== undefined && getItemIdentity(item) !== getItemIdentity(other);
      if (isOther) changes.push({ path: `${path}/${position}`, from: item, to: other });
      else compare(item, other, `${path}/${position}`);
    }
  }
}

const IDENTITIES = ['id', '_id', 'key', 'sku'] as const;

function getItemIdentity(item: JsonValue): string | undefined {
  if (!isObject(item)) return undefined;
  const name = IDENTITIES.find((each) => Object.hasOwn(item, each));
  return name === undefined ? undefined : `${name} ${toComparableText(item[name])}`;
}

function toComparableText(value: JsonValue | undefined): string {
  return value === undefined ? '' : canonicalJson(value);
}

function itemKeys(item: JsonValue): ItemKeys {
  return { text: toComparableText(item), identity: getItemIdentity(item) };
}

function getOwnField(value: JsonObject, name: string): JsonValue | undefined {
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

/** The texts that identify an item of a list. */
export interface ItemKeys {
  /** Equal for equal items only. */
  readonly text: string;
  /** Equal for an item and its changed version, if items have ids. */
  readonly identity: string | undefined;
}

/** One difference of two lists. `after` alone means an insertion, `before` alone a removal, `before` and `after` a change. */
export interface ItemStep {
  /** The item's index in the list after all earlier steps. */
  readonly position: number;
  readonly before?: number;
  readonly after?: number;
}

/**
 * If the two lists have more pairs of items than this, only items with the same index are compared. Equal items at both ends of the arrays
 * do not count.
 */
const MAX_PAIRS = 160_000;

const COST = { keep: 0, changeSame: 1, step: 2 } as const;

function alignItems(before: readonly ItemKeys[], after: readonly ItemKeys[]): readonly ItemStep[] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start]?.text === after[start]?.text) start++;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end)?.text === after.at(-1 - end)?.text) end++;
  const from = before.slice(start, before.length - end);
  const to = after.slice(start, after.length - end);
  const steps = from.length * to.length > MAX_PAIRS ? alignByPosition(from, to) : findShortestEdit(from, to);
  return steps.map((step) => shiftStep(step, start));
}

function shiftStep({ position, before, after }: ItemStep, by: number): ItemStep {
  return {
    position: position + by,
    ...(before === undefined ? {} : { before: before + by }),
    ...(after === undefined ? {} : { after: after + by }),
  };
}

function alignByPosition(from: readonly ItemKeys[], to: readonly ItemKeys[]): ItemStep[] {
  const steps: ItemStep[] = [];
  for (let index = 0; index < Math.max(from.length, to.length); index++) {
    if (index >= from.length) steps.push({ position: index, after: index });
    else if (index >= to.length) steps.push({ position: to.length, before: index });
    else if (from[index]?.text !== to[index]?.text) steps.push({ position: index, before: index, after: index });
  }
  return steps;
}

/** Uses the Wagner–Fischer algorithm: `costs[i * width + j]` is the cost from `from[i…]` to `to[j…]`. */
function findShortestEdit(from: readonly ItemKeys[], to: readonly ItemKeys[]): ItemStep[] {
  const width = to.length + 1;
  const costs = new Uint32Array((from.length + 1) * width);
  const costAt = (i: number, j: number): number => costs[i * width + j] ?? 0;
  for (let i = from.length; i >= 0; i--) {
    for (let j = to.length; j >= 0; j--) {
      if (i === from.length) costs[i * width + j] = (to.length - j) * COST.step;
      else if (j === to.length) costs[i * width + j] = (from.length - i) * COST.step;
      else {
        const either = Math.min(costAt(i + 1, j), costAt(i, j + 1)) + COST.step;
        costs[i * width + j] = Math.min(either, costAt(i + 1, j + 1) + changeCost(from[i], to[j]));
      }
    }
  }
  const steps: ItemStep[] = [];
  for (let i = 0, j = 0; i < from.length || j < to.length;) {
    const isPair = i < from.length && j < to.length;
    const cost = changeCost(from[i], to[j]);
    if (isPair && costAt(i, j) === costAt(i + 1, j + 1) + cost) {
      if (cost !== COST.keep) steps.push({ position: j, before: i, after: j });
      i++;
      j++;
    } else if (i < from.length && costAt(i, j) === costAt(i + 1, j) + COST.step) {
      steps.push({ position: j, before: i++ });
    } else {
      steps.push({ position: j, after: j++ });
    }
  }
  return steps;
}

function changeCost(item: ItemKeys | undefined, other: ItemKeys | undefined): number {
  if (item?.text === other?.text) return COST.keep;
  return item?.identity !== undefined && item.identity === other?.identity ? COST.changeSame : COST.step;
}

import type { JsonValue } from './audit-event.js';

/** The depth from which values count as different; states are not kept that deep. */
const MAX_DEPTH = 32;

/**
 * Whether two values from `JSON.parse()` certainly have the same text, so their fields are also in the same order. Values deeper than 32
 * levels count as different.
 */
export function isSameJson(one: JsonValue | undefined, other: JsonValue | undefined, depth = 0): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (depth === MAX_DEPTH || Array.isArray(one) !== Array.isArray(other)) return false;
  const names = Object.keys(one);
  const others = Object.keys(other);
  if (names.length !== others.length) return false;
  for (let index = 0; index < names.length; index++) {
    const name = names[index] ?? '';
    if (name !== others[index] || !isSameJson(fieldOf(one, name), fieldOf(other, name), depth + 1)) return false;
  }
  return true;
}

function fieldOf(value: object, name: string): JsonValue | undefined {
  return (value as Readonly<Record<string, JsonValue>>)[name]; // a list is read by its index
}

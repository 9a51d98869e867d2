import { parseJson } from '../../../base/json/parse-json.js';

export interface PersonalValue {
  /** A JSON Pointer (RFC 6901) to the value's position in the event, encoded as in JSON text without the quotes. */
  readonly pointer: string;
  /** The value as canonical JSON. */
  readonly json: string;
  readonly isOwn: boolean;
}

/** Returns the canonical JSON of a personal part: `whole`, and `rest` without the values that have their own columns. */
export function formatPersonalJson(values: readonly PersonalValue[]): {
  readonly whole: string;
  readonly rest: string;
} {
  let whole = '';
  let rest = '';
  for (const { pointer, json, isOwn } of values) {
    const text = `${pointer}":${json}`;
    whole = (whole === '' ? '{"' : `${whole},"`) + text;
    if (!isOwn) rest = (rest === '' ? '{"' : `${rest},"`) + text;
  }
  return { whole: whole === '' ? '{}' : `${whole}}`, rest: rest === '' ? '{}' : `${rest}}` };
}

/**
 * Sorts the values in the order of canonical JSON. Usually, the values are already in order. Lists of more than ten items and escaped names
 * are exceptions.
 */
export function sortByPointer(values: PersonalValue[]): PersonalValue[] {
  if (values.some(({ pointer }) => pointer.includes('\\'))) return values.sort(compareBy(unquotePointer));
  const isInOrder = values.every(({ pointer }, nth) => nth === 0 || (values[nth - 1]?.pointer ?? '') < pointer);
  return isInOrder ? values : values.sort(compareBy(({ pointer }) => pointer));
}

function compareBy(getKey: (value: PersonalValue) => string): (one: PersonalValue, other: PersonalValue) => number {
  return (one, other) => (getKey(one) < getKey(other) ? -1 : 1);
}

/** Canonical JSON sorts by the characters themselves, not by JSON's escapes. */
function unquotePointer({ pointer }: PersonalValue): string {
  return parseJson(`"${pointer}"`) as string; // the parsed text is a JSON string
}

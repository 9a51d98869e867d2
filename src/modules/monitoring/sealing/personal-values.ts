import { parseJson } from '../../../audit/plain.js';

/** A value of the personal part. */
export interface PersonalValue {
  /** The value's place in the event: a JSON Pointer (RFC 6901), written as in JSON text, without the quotes. */
  readonly pointer: string;
  /** The value as canonical JSON. */
  readonly json: string;
  /** Whether it is stored in a column of its own. */
  readonly isOwn: boolean;
}

/** The values as the canonical JSON of a personal part, and as the JSON without the values that have their own columns. */
export function personalJson(values: readonly PersonalValue[]): { readonly whole: string; readonly rest: string } {
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
 * Sorts in the order of canonical JSON. The values are in order already, except in lists of more than ten items, and for names that a
 * pointer escapes.
 */
export function sortByPointer(values: PersonalValue[]): PersonalValue[] {
  if (values.some(({ pointer }) => pointer.includes('\\'))) return values.sort(byOrder(unquotedPointer));
  const isInOrder = values.every(({ pointer }, nth) => nth === 0 || (values[nth - 1]?.pointer ?? '') < pointer);
  return isInOrder ? values : values.sort(byOrder(({ pointer }) => pointer));
}

function byOrder(keyOf: (value: PersonalValue) => string): (one: PersonalValue, other: PersonalValue) => number {
  return (one, other) => (keyOf(one) < keyOf(other) ? -1 : 1);
}

/** The unescaped pointer: JSON escapes characters, but sorts by the characters themselves. */
function unquotedPointer({ pointer }: PersonalValue): string {
  return parseJson(`"${pointer}"`) as string; // a text of JSON
}

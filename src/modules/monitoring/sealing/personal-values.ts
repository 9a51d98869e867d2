import { parseJson } from '../../../audit/plain.js';

/** A value of the personal part. */
export interface PersonalValue {
  /** Where it stood in the event: a JSON Pointer (RFC 6901), as a text of JSON has it, without the quotes. */
  readonly pointer: string;
  /** Its canonical JSON. */
  readonly json: string;
  /** Whether it has a column of its own, in which it is stored. */
  readonly isOwn: boolean;
}

/** The values as the canonical JSON of a personal part, and of that part without what has columns of its own. */
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

/** In the order of canonical JSON. They are in order already but for lists of more than ten items, and names that a pointer escapes. */
export function sortByPointer(values: PersonalValue[]): PersonalValue[] {
  if (values.some(({ pointer }) => pointer.includes('\\'))) return values.sort(byOrder(unquotedPointer));
  const isInOrder = values.every(({ pointer }, nth) => nth === 0 || (values[nth - 1]?.pointer ?? '') < pointer);
  return isInOrder ? values : values.sort(byOrder(({ pointer }) => pointer));
}

function byOrder(keyOf: (value: PersonalValue) => string): (one: PersonalValue, other: PersonalValue) => number {
  return (one, other) => (keyOf(one) < keyOf(other) ? -1 : 1);
}

/** JSON escapes characters, and their order is that of what they stand for. */
function unquotedPointer({ pointer }: PersonalValue): string {
  return parseJson(`"${pointer}"`) as string; // a text of JSON
}

import type { JsonObject } from '../../../../audit/plain.js';

/** The first of these members that is a text, or a number, as a text; `undefined` when none is. */
export function textAt(details: JsonObject, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = details[name];
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return undefined;
}

/** The first of these members that is a list of texts, or a text, as a list; `undefined` when none is. */
export function textsAt(details: JsonObject, names: readonly string[]): readonly string[] | undefined {
  for (const name of names) {
    const value = details[name];
    if (typeof value === 'string' && value !== '') return [value];
    if (isTexts(value) && value.length > 0) return value;
  }
  return undefined;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

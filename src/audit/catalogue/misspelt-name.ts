import { distance } from 'fastest-levenshtein';

const LEAST_LENGTH = 6;
const MOST_EDITS = 2;
const SEPARATORS = /[_.:-]+/;
/** In a word with fewer letters, one changed letter probably makes another word: `role` and `rule`, `card` and `cart`. */
const LEAST_CHANGED_WORD = 5;

/**
 * Returns the known name that the given name probably misspells by one or two letters. Different words (`data_import` for `data_export`), a
 * plural and a past tense do not count as misspellings. Returns `undefined` for any other name, and for names of less than six characters.
 */
export function misspeltName(given: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let least = MOST_EDITS + 1;
  for (const name of known) {
    if (name === given) return undefined;
    if (Math.min(name.length, given.length) < LEAST_LENGTH) continue;
    if (Math.abs(name.length - given.length) > MOST_EDITS) continue;
    const edits = distance(given, name);
    if (edits < least && areMisspelt(given.split(SEPARATORS), name.split(SEPARATORS))) [nearest, least] = [name, edits];
  }
  return nearest;
}

function areMisspelt(given: readonly string[], meant: readonly string[]): boolean {
  if (given.length !== meant.length) return given.join('') === meant.join('');
  return given.every((word, index) => isMisspelt(word, meant[index] ?? ''));
}

function isMisspelt(given: string, meant: string): boolean {
  if (given === meant) return true;
  if (stemOf(given) === stemOf(meant)) return false;
  const edits = distance(given, meant);
  if (given.length !== meant.length) return edits < MOST_EDITS || Math.min(given.length, meant.length) >= LEAST_LENGTH;
  if (edits < MOST_EDITS) return meant.length >= LEAST_CHANGED_WORD;
  return Array.from(given).sort().join('') === Array.from(meant).sort().join(''); // the same letters in another order
}

function stemOf(word: string): string {
  return word.replace(/(?<!es|ed|ing|e|s)(?:es|ed|ing|e|s)+$/, '');
}

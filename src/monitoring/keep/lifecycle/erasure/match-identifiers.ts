import { foldText } from '../../../../audit/nest-free.js';

/** A person: the id in events, and texts that name the person. */
export interface Person {
  readonly subjectId: string;
  readonly identifiers: readonly string[];
}

/** Prevents a match inside a longer address: `ada@example.com` is not in `x.ada@example.com` and not in `ada@example.com.au`. */
const START_BOUNDARY = String.raw`(?<![._%+@-])`;
const END_BOUNDARY = String.raw`(?![_@-]|\.[\p{L}\p{N}])`;

const PART_OF_WORD = /[\p{L}\p{N}\p{M}]/u;
/** These scripts are written without spaces between words. */
const UNSPACED_SCRIPTS = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]/u;
const wordSegmenter = new Intl.Segmenter('en', { granularity: 'word' }); // finds words by their script
const CONTEXT_LENGTH = 50;

/**
 * Returns a function that tests whether a JSON value contains one of the identifiers as a whole word, in any spelling that
 * {@link foldText} folds. The function searches texts and names of fields, at any depth.
 */
export function createIdentifierTest(identifiers: readonly string[]): (value: unknown) => boolean {
  const patterns = identifiers.map((identifier) => {
    const escaped = foldText(identifier).replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
    return new RegExp(`(?<=(.?))${START_BOUNDARY}(?=(${escaped})${END_BOUNDARY}(.?))`, 'gsu'); // only looks, because matches may overlap
  });
  const contains = (value: unknown): boolean => {
    if (typeof value === 'string') {
      const text = foldText(value);
      return patterns.some((pattern) => hasWord(text, pattern));
    }
    if (typeof value !== 'object' || value === null) return false;
    if (Array.isArray(value)) return value.some(contains);
    return Object.entries(value).some(([name, field]) => contains(name) || contains(field));
  };
  return contains;
}

function hasWord(text: string, pattern: RegExp): boolean {
  for (const { index, 1: before = '', 2: word = '', 3: after = '' } of text.matchAll(pattern)) {
    const isBorder = (at: number, outside: string): boolean =>
      !PART_OF_WORD.test(outside) || (UNSPACED_SCRIPTS.test(outside + word) && isWordStart(text, at));
    if (isBorder(index, before) && isBorder(index + word.length, after)) return true;
  }
  return false;
}

/** Looks up only the words near `at`, because a long text without spaces takes long. */
function isWordStart(text: string, at: number): boolean {
  const from = Math.max(at - CONTEXT_LENGTH, 0);
  return wordSegmenter.segment(text.slice(from, at + CONTEXT_LENGTH)).containing(at - from)?.index === at - from;
}

/**
 * Returns texts for a fast search. If the JSON of a value that {@link createIdentifierTest} accepts has only characters of ASCII, the JSON in lower
 * case contains at least one of these texts. Any other JSON needs the test itself.
 */
export function listSearchTerms(identifiers: readonly string[]): readonly string[] {
  return identifiers.map((identifier) => {
    const parts = foldText(identifier).match(/[^\s\p{Cc}"\\]+/gu) ?? ['']; // JSON escapes no character of a part
    return parts.reduce((longest, part) => (part.length > longest.length ? part : longest));
  });
}

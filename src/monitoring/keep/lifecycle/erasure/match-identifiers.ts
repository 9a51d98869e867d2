/** A person: the id in events, and texts that name the person. */
export interface Person {
  readonly subjectId: string;
  readonly identifiers: readonly string[];
}

/** Prevents a match at the end of a longer word, such as `ada@example.com` in `lada@example.com`. */
const BEFORE = String.raw`(?<![\p{L}\p{N}._%+@-])`;
/**
 * Prevents a match at the beginning of a longer word, such as `ada@example.com` in `ada@example.com.au`. Allows a full stop after the
 * identifier.
 */
const BEHIND = String.raw`(?![\p{L}\p{N}_@-]|\.[\p{L}\p{N}])`;

/**
 * Returns a function that tests whether a JSON value contains one of the identifiers as a whole word. The case does not matter. The
 * function searches texts and names of fields, at any depth.
 */
export function identifierTest(identifiers: readonly string[]): (value: unknown) => boolean {
  const patterns = identifiers.map((identifier) => {
    const escaped = identifier.normalize('NFC').replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
    return new RegExp(BEFORE + escaped + BEHIND, 'iu');
  });
  const holds = (value: unknown): boolean => {
    if (typeof value === 'string') {
      const text = value.normalize('NFC');
      return patterns.some((pattern) => pattern.test(text));
    }
    if (typeof value !== 'object' || value === null) return false;
    if (Array.isArray(value)) return value.some(holds);
    return Object.entries(value).some(([name, field]) => holds(name) || holds(field));
  };
  return holds;
}

/**
 * Returns texts for a fast search. The JSON of every value that {@link identifierTest} accepts contains at least one of these texts.
 * Compare the JSON in the normal form NFC, and the JSON and the texts in lower case.
 */
export function needlesOf(identifiers: readonly string[]): readonly string[] {
  const spellings = identifiers
    .flatMap((identifier) => [identifier, identifier.toLowerCase(), identifier.toUpperCase()])
    .map((spelling) => JSON.stringify(spelling.normalize('NFC')).slice(1, -1));
  return [...new Set(spellings)];
}

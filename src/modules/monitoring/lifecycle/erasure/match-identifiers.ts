/** A person: the id that events have of the person, and the texts that name the person. */
export interface Person {
  readonly subjectId: string;
  readonly identifiers: readonly string[];
}

/** Characters that may not precede an identifier: it would be a part of another one, such as of `lada@example.com`. */
const BEFORE = String.raw`(?<![\p{L}\p{N}._%+@-])`;
/** Characters that may not follow it, as in `ada@example.com.au`; a full stop that ends a sentence may. */
const BEHIND = String.raw`(?![\p{L}\p{N}_@-]|\.[\p{L}\p{N}])`;

/**
 * Returns a test of whether a JSON value contains one of the identifiers, in a text or a field's name, at any depth: as a whole word, in
 * upper or lower case.
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
 * Returns texts for a quick search: if {@link identifierTest} holds for a JSON value, its text contains at least one of them, once both are
 * in lower case.
 */
export function needlesOf(identifiers: readonly string[]): readonly string[] {
  const spellings = identifiers
    .flatMap((identifier) => [identifier, identifier.toLowerCase(), identifier.toUpperCase()])
    .flatMap((spelling) => [spelling.normalize('NFC'), spelling.normalize('NFD')])
    .map((spelling) => JSON.stringify(spelling).slice(1, -1));
  return [...new Set(spellings)];
}

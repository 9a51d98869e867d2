/** A place at which the recorded value differs from the expected one. */
export interface Difference {
  /** The path in JavaScript's notation: `details.items[0].sku`. */
  readonly path: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** A matcher of Jest, Vitest or Sinon: `expect.any(String)` and similar ones. */
interface AsymmetricMatcher {
  asymmetricMatch(value: unknown): boolean;
}

/**
 * Compares a value with a partial one. For objects only the expected fields count, at any depth; lists must have the same length; a regular
 * expression matches a text; `undefined` means absent; an asymmetric matcher decides for itself.
 *
 * @returns one difference for each leaf that differs; empty if none does
 */
export function findDifferences(actual: unknown, expected: unknown, path = ''): readonly Difference[] {
  if (matchesLeaf(actual, expected)) return [];
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
    return expected.flatMap((item, index) => findDifferences(actual[index], item, `${path}[${index}]`));
  }
  if (isPlainObject(expected) && isPlainObject(actual)) {
    return Object.entries(expected).flatMap(([name, value]) =>
      findDifferences(
        Object.hasOwn(actual, name) ? actual[name] : undefined,
        value,
        path === '' ? name : `${path}.${name}`,
      ),
    );
  }
  return [{ path, expected, actual }];
}

function matchesLeaf(actual: unknown, expected: unknown): boolean {
  if (isAsymmetricMatcher(expected)) return expected.asymmetricMatch(actual);
  if (expected instanceof RegExp) return typeof actual === 'string' && actual.search(expected) >= 0;
  return Object.is(actual, expected);
}

function isAsymmetricMatcher(value: unknown): value is AsymmetricMatcher {
  return typeof (value as Partial<AsymmetricMatcher> | null | undefined)?.asymmetricMatch === 'function';
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RegExp);
}

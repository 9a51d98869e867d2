const MAX_KEYS = 4_096;
const MAX_KEY = 256;

/**
 * Returns `find` with a cache of at most 4,096 keys of at most 256 characters, since events repeat the same names. The answer `undefined`
 * is not cached.
 */
export function memoize<Result>(find: (key: string) => Result): (key: string) => Result {
  const known = new Map<string, Result>();
  return (key) => {
    const remembered = known.get(key);
    if (remembered !== undefined) return remembered;
    const result = find(key);
    if (known.size < MAX_KEYS && key.length <= MAX_KEY) known.set(key, result);
    return result;
  };
}

const MOST_KEYS = 4_096;
const LONGEST_KEY = 256;

/**
 * Returns `find` with a memory for its answers (for at most 4,096 keys of 256 characters), since the same names come with every event. The
 * answer `undefined` is not remembered.
 */
export function memoize<Answer>(find: (key: string) => Answer): (key: string) => Answer {
  const known = new Map<string, Answer>();
  return (key) => {
    const remembered = known.get(key);
    if (remembered !== undefined) return remembered;
    const answer = find(key);
    if (known.size < MOST_KEYS && key.length <= LONGEST_KEY) known.set(key, answer);
    return answer;
  };
}

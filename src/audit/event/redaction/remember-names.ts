const MAX_REMEMBERED = 4_096;
const MAX_NAME = 256;

/**
 * Returns the test of names with a memory for its answers (at most 4,096 names), since the same fields come with every event. For a name of
 * more than 256 characters, which no programmer chose, it tests the end.
 */
export function rememberNames(test: (name: string) => boolean): (name: string) => boolean {
  const known = new Map<string, boolean>();
  return (whole) => {
    const name = whole.length > MAX_NAME ? whole.slice(-MAX_NAME) : whole;
    const remembered = known.get(name);
    if (remembered !== undefined) return remembered;
    const answer = test(name);
    if (known.size < MAX_REMEMBERED) known.set(name, answer);
    return answer;
  };
}

const MAX_REMEMBERED = 4_096;

/**
 * The same test of names, which remembers what it was asked (at most 4,096 names), since the same fields come with every
 * event.
 */
export function rememberNames(test: (name: string) => boolean): (name: string) => boolean {
  const known = new Map<string, boolean>();
  return (name) => {
    const remembered = known.get(name);
    if (remembered !== undefined) return remembered;
    const answer = test(name);
    if (known.size < MAX_REMEMBERED) known.set(name, answer);
    return answer;
  };
}

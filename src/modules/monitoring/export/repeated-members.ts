/** A text of JSON, and the colon behind it where it is a member's name. */
const TEXT = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/gs;

/**
 * Whether an object in a text of JSON names a member twice: readers differ in which of the two they take.
 *
 * @param value what the text says
 */
export function hasRepeatedMember(json: string, value: unknown): boolean {
  let names = 0;
  for (const [, colon] of json.matchAll(TEXT)) if (colon !== undefined) names += 1;
  return names !== countMembers(value);
}

/** Without recursion, so that nothing is too deep. */
function countMembers(whole: unknown): number {
  let members = 0;
  const rest = [whole];
  for (let value = rest.pop(); value !== undefined; value = rest.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    const within: readonly unknown[] = Object.values(value);
    if (!Array.isArray(value)) members += within.length;
    for (const one of within) rest.push(one);
  }
  return members;
}

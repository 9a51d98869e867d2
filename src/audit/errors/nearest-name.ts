import { distance } from 'fastest-levenshtein';

/** Returns the known name that was probably meant; `undefined` if no name is near. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  const written = given.toLowerCase();
  const [near] = known
    .map((name) => ({ name, edits: distance(written, name.toLowerCase()) }))
    .sort((one, other) => one.edits - other.edits);
  if (!near) return undefined;
  return near.edits <= Math.ceil(written.length / 3) || isBeginning(written, near.name.toLowerCase())
    ? near.name
    : undefined;
}

/** Whether the given name begins like the known one: `tenant` for `tenantId`, `den` for `denied`. */
function isBeginning(given: string, name: string): boolean {
  return given.length >= 3 && name.startsWith(given);
}

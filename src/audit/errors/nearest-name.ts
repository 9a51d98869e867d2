import { closest, distance } from 'fastest-levenshtein';

/** Returns the known name that was probably meant; `undefined` if no name is near. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  const byLowerCase = new Map(known.map((name) => [name.toLowerCase(), name]));
  const written = given.toLowerCase();
  const near = byLowerCase.size === 0 ? '' : closest(written, [...byLowerCase.keys()]);
  const mostEdits = Math.ceil(written.length / 3);
  const isNear = near !== '' && (distance(written, near) <= mostEdits || isBeginning(written, near));
  return isNear ? byLowerCase.get(near) : undefined;
}

/** Whether the given name begins like the known one: `tenant` for `tenantId`, `den` for `denied`. */
function isBeginning(given: string, name: string): boolean {
  return given.length >= 3 && name.startsWith(given);
}

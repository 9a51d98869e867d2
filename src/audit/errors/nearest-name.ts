import { closest, distance } from 'fastest-levenshtein';

/** The known name that was probably meant; `undefined` when none is near. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  const byLowerCase = new Map(known.map((name) => [name.toLowerCase(), name]));
  const written = given.toLowerCase();
  const near = byLowerCase.size === 0 ? '' : closest(written, [...byLowerCase.keys()]);
  const mostEdits = Math.ceil(written.length / 3);
  const isNear = near !== '' && (distance(written, near) <= mostEdits || isBeginning(written, near));
  return isNear ? byLowerCase.get(near) : undefined;
}

/** As `tenant` of `tenantId`, `den` of `denied`. */
function isBeginning(given: string, name: string): boolean {
  return given.length >= 3 && name.startsWith(given);
}

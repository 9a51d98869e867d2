import { distance } from 'fastest-levenshtein';

/** Returns the known name that the given name probably misspells; `undefined` if no known name is similar. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  const written = given.toLowerCase();
  const byEdits = known
    .map((name) => ({ name, edits: distance(written, name.toLowerCase()) }))
    .sort((one, other) => one.edits - other.edits);
  const near = byEdits.find(({ edits }) => edits <= Math.ceil(written.length / 3));
  // for example `tenantId` for `tenant`
  const begun = written.length < 3 ? undefined : byEdits.find(({ name }) => name.toLowerCase().startsWith(written));
  return (near ?? begun)?.name;
}

import { distance } from 'fastest-levenshtein';

/** Returns the known name that the given name probably misspells; `undefined` if no known name is similar. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  const written = given.toLowerCase();
  const sorted = byEdits(written, known);
  const near = sorted.find(({ edits }) => edits <= Math.ceil(written.length / 3));
  // for example `tenantId` for `tenant`
  const begun = written.length < 3 ? undefined : sorted.find(({ name }) => name.toLowerCase().startsWith(written));
  return (near ?? begun)?.name;
}

const LEAST_LENGTH = 6;
const MOST_EDITS = 2;

/** Returns the known name that differs from an unknown name of at least six characters by one or two edits. */
export function misspeltName(given: string, known: readonly string[]): string | undefined {
  const [nearest] = given.length < LEAST_LENGTH || known.includes(given) ? [] : byEdits(given, known);
  return nearest && nearest.edits <= MOST_EDITS ? nearest.name : undefined;
}

function byEdits(written: string, known: readonly string[]): { readonly name: string; readonly edits: number }[] {
  return known
    .map((name) => ({ name, edits: distance(written, name.toLowerCase()) }))
    .sort((one, other) => one.edits - other.edits);
}

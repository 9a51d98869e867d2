import { distance } from 'fastest-levenshtein';

/** Returns the known name that the given name probably misspells; `undefined` if no known name is similar. */
export function findNearestName(input: string, known: readonly string[]): string | undefined {
  const written = input.toLowerCase();
  const sorted = rankByEdits(written, known);
  const near = sorted.find(({ edits }) => edits <= Math.ceil(written.length / 3));
  // for example `tenantId` for `tenant`
  const started = written.length < 3 ? undefined : sorted.find(({ name }) => name.toLowerCase().startsWith(written));
  return (near ?? started)?.name;
}

const MIN_LENGTH = 6;
const MAX_EDITS = 2;

/** Returns the known name that differs from an unknown name of at least six characters by one or two edits. */
export function findMisspelledName(input: string, known: readonly string[]): string | undefined {
  const [nearest] = input.length < MIN_LENGTH || known.includes(input) ? [] : rankByEdits(input, known);
  return nearest && nearest.edits <= MAX_EDITS ? nearest.name : undefined;
}

function rankByEdits(written: string, known: readonly string[]): { readonly name: string; readonly edits: number }[] {
  return known
    .map((name) => ({ name, edits: distance(written, name.toLowerCase()) }))
    .sort((one, other) => one.edits - other.edits);
}

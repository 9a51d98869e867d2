/** These filters do not say what was sought. */
const OF_THE_PAGE = ['order', 'cursor', 'fields'];

/** Returns the filters of a read of the ledger, each as a name and a value. `details` are those of the event about the read. */
export function soughtIn(details: unknown): readonly (readonly [name: string, value: string])[] {
  const { filters } = (details ?? {}) as { readonly filters?: unknown }; // details may contain any value
  return Object.entries(typeof filters === 'object' && filters !== null ? filters : {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && !OF_THE_PAGE.includes(entry[0]),
  );
}

/** What the ledger adds to an event that it shows: its place once it is sealed, what the catalogue says of it, and names. */
const ADDED = ['index', 'compliance', 'names'];

/** An event as it was recorded. */
export function unsealed(event: object | undefined): object | undefined {
  return event && Object.fromEntries(Object.entries(event).filter(([name]) => !ADDED.includes(name)));
}

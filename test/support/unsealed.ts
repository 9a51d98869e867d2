const ADDED = ['index', 'compliance', 'names'];

export function unsealed(event: object | undefined): object | undefined {
  return event && Object.fromEntries(Object.entries(event).filter(([name]) => !ADDED.includes(name)));
}

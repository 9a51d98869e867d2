/** The qualifiers of the query bar that a value leads to. */
export type PivotField =
  'actor' | 'ip' | 'session' | 'request' | 'trace' | 'tenant' | 'type' | 'resource' | 'agent' | 'route';

/** A query for all events with a value, as people type it: `actor:u-1`, `ip:"::1"`. */
export function pivotQuery(field: PivotField, value: string): string {
  return `${field}:${/^[\w.@/+-]+$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`}`;
}

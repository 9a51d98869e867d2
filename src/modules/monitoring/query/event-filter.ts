import { firstIdAt } from '../ledger/id-time.js';
import { idOfCursor } from './cursor.js';
import type { EventQuery } from './event-query.dto.js';

/** A condition of SQL with the values of its placeholders. */
export interface SqlFilter {
  readonly where: string;
  readonly values: readonly unknown[];
}

/** Filters that compare one column with one value. */
const EQUALS = {
  action: 'action',
  outcome: 'outcome',
  category: 'category',
  severity: 'severity',
  actorId: 'actor_id',
  tenantId: 'tenant_id',
  resourceType: 'resource_type',
  resourceId: 'resource_id',
  requestId: 'request_id',
} as const;

/** Translates a query into SQL. Times become id ranges, so that only the months concerned are read. */
export function filterOf(query: EventQuery, canonicalName: (type: string) => string): SqlFilter {
  const values: unknown[] = [];
  const conditions: string[] = [];
  const add = (condition: string, value: unknown): void => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(condition.replace('?', `$${values.length}`));
  };
  for (const [name, column] of Object.entries(EQUALS)) add(`${column} = ?`, query[name as keyof typeof EQUALS]); // its own keys
  add('type = ?', query.type === undefined ? undefined : canonicalName(query.type));
  add('ip <<= ?::inet', query.ip);
  add('id >= ?::uuid', query.from === undefined ? undefined : firstIdAt(new Date(query.from)));
  add('id < ?::uuid', query.to === undefined ? undefined : firstIdAt(new Date(query.to)));
  add('id < ?::uuid', query.cursor === undefined ? undefined : idOfCursor(query.cursor));
  return { where: conditions.length === 0 ? 'true' : conditions.join(' AND '), values };
}

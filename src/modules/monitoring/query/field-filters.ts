import { ACTOR_TYPES, OUTCOMES, SEVERITIES } from '../../../audit/index.js';

/** How the values of a field are given and compared. */
type FieldKind = 'text' | 'type' | 'word' | 'method' | 'status' | 'ip';

/** A filter that compares one field of an event. */
export interface FieldFilter {
  /** Where an event has the field. */
  readonly path: readonly [string, ...string[]];
  /** The column of `audit_event` that holds it. */
  readonly column: string;
  /** The field within a column of JSON. */
  readonly member?: string;
  readonly kind: FieldKind;
  /** The only values that there are. */
  readonly words?: readonly string[];
  readonly description: string;
}

/**
 * Every filter that compares one field of an event. The one list that the query's class, PostgreSQL, archives and statistics go
 * by: a filter is added here, and declared in `EventFilters` for its type.
 */
export const FIELD_FILTERS = {
  type: { path: ['type'], column: 'type', kind: 'type', description: 'Event type or an alias of it' },
  action: { path: ['action'], column: 'action', kind: 'text', description: 'Action' },
  outcome: { path: ['outcome'], column: 'outcome', kind: 'word', words: OUTCOMES, description: 'Outcome' },
  category: { path: ['category'], column: 'category', kind: 'text', description: 'Category' },
  severity: { path: ['severity'], column: 'severity', kind: 'word', words: SEVERITIES, description: 'Severity' },
  actorId: { path: ['actor', 'id'], column: 'actor_id', kind: 'text', description: 'Id of the actor' },
  actorType: {
    path: ['actor', 'type'],
    column: 'actor_type',
    kind: 'word',
    words: ACTOR_TYPES,
    description: 'Type of the actor',
  },
  actorName: { path: ['actor', 'name'], column: 'actor_name', kind: 'text', description: 'Name of the actor' },
  onBehalfOf: {
    path: ['actor', 'onBehalfOf', 'id'],
    column: 'on_behalf_of',
    member: 'id',
    kind: 'text',
    description: 'Id of whom the actor acted for',
  },
  sessionId: {
    path: ['actor', 'sessionId'],
    column: 'session_id',
    kind: 'text',
    description: "Id of the actor's session",
  },
  tenantId: { path: ['tenantId'], column: 'tenant_id', kind: 'text', description: 'Id of the tenant' },
  resourceType: {
    path: ['resource', 'type'],
    column: 'resource_type',
    kind: 'text',
    description: 'Type of the resource',
  },
  resourceId: { path: ['resource', 'id'], column: 'resource_id', kind: 'text', description: 'Id of the resource' },
  requestId: { path: ['request', 'id'], column: 'request_id', kind: 'text', description: 'Id of the request' },
  traceId: { path: ['request', 'traceId'], column: 'trace_id', kind: 'text', description: 'Id of the trace' },
  ip: {
    path: ['request', 'ip'],
    column: 'ip',
    kind: 'ip',
    description: 'IP address, or a range such as 10.0.0.0/8',
  },
  userAgent: {
    path: ['request', 'userAgent'],
    column: 'user_agent',
    kind: 'text',
    description: "The client's User-Agent",
  },
  method: { path: ['request', 'method'], column: 'method', kind: 'method', description: 'HTTP method' },
  route: {
    path: ['request', 'route'],
    column: 'route',
    kind: 'text',
    description: "The route's path, such as /orders/:id",
  },
  statusCode: {
    path: ['request', 'statusCode'],
    column: 'status_code',
    kind: 'status',
    description: 'Status code, such as 404, or a class of them, such as 5xx',
  },
} as const satisfies Readonly<Record<string, FieldFilter>>;
export type FieldName = keyof typeof FIELD_FILTERS;

/** Their names, in the order of the list. */
export const FIELD_NAMES = Object.keys(FIELD_FILTERS) as readonly FieldName[]; // its own keys

/** The filter of a field. */
export function fieldFilter(name: FieldName): FieldFilter {
  return FIELD_FILTERS[name];
}

import { ACTOR_TYPES, OUTCOMES, SEVERITIES } from '../../../audit/plain.js';
import {
  isReasonPersonal,
  unlessActorId,
  unlessId,
  unlessPrincipal,
  unlessRequestId,
  type OwnTest,
} from './personal-tests.js';

/** How a field is stored and written. `flag` is `true` or absent; `json` is an object or a list. */
export type StoredKind = 'uuid' | 'time' | 'text' | 'smallint' | 'double' | 'flag' | 'inet' | 'json';

/** How a filter reads and compares the values of a field. */
export type FilterKind = 'text' | 'name' | 'type' | 'word' | 'method' | 'status' | 'ip';

/** A field whose value is a fact in one event and personal in another. */
interface MarkedRule {
  readonly when: OwnTest;
  /** The bit in the column `personal_columns` that is set on an event whose value is personal. Never reuse it for another field. */
  readonly bit: number;
}

/** A field of an event: its storage and its properties. */
export interface EventField {
  /** The column of `audit_event`. In camel case, it is the name of the filter and of the CSV column. */
  readonly column: string;
  /** Its place in an event: a JSON Pointer of one or two names. */
  readonly pointer: `/${string}`;
  readonly kind: StoredKind;
  /** Every event has it. */
  readonly required?: true;
  /** Absent for a fact. `within`: fields inside it may be personal, each by the rules for its name and value. */
  readonly personal?: 'always' | 'within' | MarkedRule;
  /** Absent if no filter compares it. */
  readonly filter?: FilterKind;
  /** Whether `q` searches it. */
  readonly isSearched?: true;
  /** The allowed values, where they are known. */
  readonly words?: readonly string[];
  /** The field inside it that the filter compares. */
  readonly filtered?: string;
  /** The known fields inside it, for the parameter `fields`. */
  readonly members?: readonly string[] | 'anything';
  /** The fields inside it that have CSV columns of their own. Without this, one cell has the JSON. */
  readonly csvMembers?: readonly string[];
  /** The description for the reference page and the API. */
  readonly says: string;
}

/**
 * Every stored field of an event, in the order of CSV; append new fields at the end. Inserts, reads, verification, exports, filters, views
 * and the reference page are derived from this list. CONTRIBUTING explains how to add a field.
 */
export const EVENT_LAYOUT = [
  { column: 'id', pointer: '/id', kind: 'uuid', required: true, says: 'UUIDv7: when the event was accepted' },
  {
    column: 'schema_version',
    pointer: '/schemaVersion',
    kind: 'smallint',
    required: true,
    says: 'Version of this form',
  },
  { column: 'occurred_at', pointer: '/occurredAt', kind: 'time', required: true, says: 'When it happened' },
  {
    column: 'type',
    pointer: '/type',
    kind: 'text',
    required: true,
    filter: 'type',
    isSearched: true,
    says: 'Event type or an alias of it',
  },
  { column: 'action', pointer: '/action', kind: 'text', required: true, filter: 'text', says: 'Action' },
  {
    column: 'outcome',
    pointer: '/outcome',
    kind: 'text',
    required: true,
    filter: 'word',
    words: OUTCOMES,
    says: 'Outcome',
  },
  { column: 'category', pointer: '/category', kind: 'text', required: true, filter: 'text', says: 'Category' },
  {
    column: 'severity',
    pointer: '/severity',
    kind: 'text',
    required: true,
    filter: 'word',
    words: SEVERITIES,
    says: 'Severity',
  },
  {
    column: 'actor_type',
    pointer: '/actor/type',
    kind: 'text',
    required: true,
    filter: 'word',
    words: ACTOR_TYPES,
    says: 'Type of the actor',
  },
  {
    column: 'actor_id',
    pointer: '/actor/id',
    kind: 'text',
    personal: { when: unlessActorId, bit: 1 },
    filter: 'text',
    isSearched: true,
    says: 'Id of the actor',
  },
  {
    column: 'actor_name',
    pointer: '/actor/name',
    kind: 'text',
    personal: 'always',
    filter: 'name',
    isSearched: true,
    says: 'Name of the actor',
  },
  {
    column: 'session_id',
    pointer: '/actor/sessionId',
    kind: 'text',
    personal: { when: unlessId('/actor/sessionId'), bit: 2 },
    filter: 'text',
    says: "Id of the actor's session",
  },
  {
    column: 'on_behalf_of',
    pointer: '/actor/onBehalfOf',
    kind: 'json',
    personal: { when: unlessPrincipal, bit: 4 },
    filter: 'text',
    filtered: 'id',
    csvMembers: ['type', 'id'],
    says: 'Id of whom the actor acted for',
  },
  { column: 'tenant_id', pointer: '/tenantId', kind: 'text', filter: 'text', says: 'Id of the tenant' },
  {
    column: 'resource_type',
    pointer: '/resource/type',
    kind: 'text',
    filter: 'text',
    isSearched: true,
    says: 'Type of the resource',
  },
  {
    column: 'resource_id',
    pointer: '/resource/id',
    kind: 'text',
    personal: { when: unlessId('/resource/id'), bit: 8 },
    filter: 'text',
    isSearched: true,
    says: 'Id of the resource',
  },
  {
    column: 'request_id',
    pointer: '/request/id',
    kind: 'text',
    personal: { when: unlessRequestId('/request/id'), bit: 16 },
    filter: 'text',
    says: 'Id of the request',
  },
  {
    column: 'ip',
    pointer: '/request/ip',
    kind: 'inet',
    personal: 'always',
    filter: 'ip',
    isSearched: true,
    says: 'IP address, or a range such as 10.0.0.0/8',
  },
  {
    column: 'user_agent',
    pointer: '/request/userAgent',
    kind: 'text',
    personal: 'always',
    filter: 'text',
    says: "The client's User-Agent",
  },
  { column: 'method', pointer: '/request/method', kind: 'text', filter: 'method', says: 'HTTP method' },
  {
    column: 'route',
    pointer: '/request/route',
    kind: 'text',
    filter: 'text',
    isSearched: true,
    says: "The route's path, such as /orders/:id",
  },
  {
    column: 'status_code',
    pointer: '/request/statusCode',
    kind: 'smallint',
    filter: 'status',
    says: 'Status code, such as 404, or a class of them, such as 5xx',
  },
  { column: 'duration_ms', pointer: '/request/durationMs', kind: 'double', says: 'From arrival to response, in ms' },
  {
    column: 'trace_id',
    pointer: '/request/traceId',
    kind: 'text',
    personal: { when: unlessRequestId('/request/traceId'), bit: 32 },
    filter: 'text',
    says: 'Id of the trace',
  },
  {
    column: 'reason',
    pointer: '/reason',
    kind: 'text',
    personal: { when: (reason, _event, rules) => isReasonPersonal(String(reason), rules), bit: 64 },
    isSearched: true,
    says: 'Why it ended so',
  },
  {
    column: 'error',
    pointer: '/error',
    kind: 'json',
    personal: 'within',
    members: ['name', 'code', 'message'],
    csvMembers: ['name', 'code', 'message'],
    says: 'The error that made the action fail',
  },
  {
    column: 'details',
    pointer: '/details',
    kind: 'json',
    required: true,
    personal: 'within',
    members: 'anything',
    says: 'What the event type says of it',
  },
  {
    column: 'changes',
    pointer: '/changes',
    kind: 'json',
    personal: 'within',
    members: ['before', 'after', 'diff'],
    says: 'The state before and after',
  },
  {
    column: 'metadata',
    pointer: '/metadata',
    kind: 'json',
    required: true,
    personal: 'within',
    members: 'anything',
    says: 'What else the caller said',
  },
  {
    column: 'details_issues',
    pointer: '/detailsIssues',
    kind: 'json',
    personal: 'within',
    says: 'What in the details contradicts the catalogue',
  },
  { column: 'truncated', pointer: '/truncated', kind: 'flag', says: 'Whether something was cut' },
] as const satisfies readonly EventField[];

/** The name of a filter and a CSV column: the database column in camel case. */
export type NameOf<Column extends string> = Column extends `${infer Word}_${infer Rest}`
  ? `${Word}${Capitalize<NameOf<Rest>>}`
  : Column;

/** A field with the properties that are derived from it. */
export interface LaidOutField extends EventField {
  /** The object of the event that contains it; absent for a field of the event itself. */
  readonly group?: string;
  /** Its name in that object. */
  readonly name: string;
  /** Its column in camel case. */
  readonly ownName: string;
  /** Its bit in the column `personal_columns`; 0 for a field that is never, or always, personal. */
  readonly bit: number;
}

/** The fields of the layout with their derived properties. */
export const EVENT_FIELDS: readonly LaidOutField[] = EVENT_LAYOUT.map((field: EventField) => {
  const [first = '', second] = field.pointer.slice(1).split('/');
  return {
    ...field,
    ...(second === undefined ? { name: first } : { group: first, name: second }),
    ownName: field.column.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
    bit: typeof field.personal === 'object' ? field.personal.bit : 0,
  };
});

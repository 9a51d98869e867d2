import { ACTOR_TYPES, OUTCOMES, SEVERITIES } from '../../../base/event/outcomes.js';
import { isIdShape } from '../../../base/event/fact-shapes.js';
import { REQUEST_ROWS, type RequestFields } from '../../../base/event/request-fields.js';
import {
  isReasonPersonal,
  isActorIdPersonal,
  isPrincipalPersonal,
  isPersonalUnlessShape,
  type OwnTest,
} from './personal-tests.js';

/** The type of a field in storage. `flag` is `true` or absent; `json` is an object or a list. */
export type StoredKind = 'uuid' | 'time' | 'text' | 'smallint' | 'double' | 'flag' | 'inet' | 'json';

/** How a filter parses and compares the values of a field. */
export type FilterKind = 'text' | 'name' | 'type' | 'word' | 'method' | 'status' | 'ip';

interface MarkedRule {
  readonly when: OwnTest;
  /** The bit in the column `personal_columns` that marks a personal value. Never reuse the bit of one field for another field. */
  readonly bit: number;
}

export interface EventField {
  /** The column of `audit_event`. The name in camel case is also the name of the filter and of the CSV column. */
  readonly column: string;
  /** The position of the field in an event: a JSON Pointer of one or two names. */
  readonly pointer: `/${string}`;
  readonly kind: StoredKind;
  /** The maximum length of a text, in characters; absent for a text of at most 256 characters. */
  readonly limit?: number;
  readonly required?: true;
  /** Absent for a fact. `within`: names and values decide which of the fields inside this field are personal. */
  readonly personal?: 'always' | 'within' | MarkedRule;
  readonly filter?: FilterKind;
  /** Present if few events share a value, and an index finds them. */
  readonly isRare?: true;
  /** Present if `q` searches the field. */
  readonly isSearched?: true;
  /** The allowed values; absent if any value is allowed. */
  readonly words?: readonly string[];
  /** The inner field that the filter compares. */
  readonly filtered?: string;
  /** The inner fields that the parameter `fields` accepts. */
  readonly members?: readonly string[] | 'anything';
  /** The inner fields that have their own CSV columns. If absent, one cell contains the JSON of the whole field. */
  readonly csvMembers?: readonly string[];
  /** The text about the field on the reference page and in the OpenAPI document. */
  readonly description: string;
}

/** By default, a field is a text, and the field's position in the event is the column's name in camel case. */
type FieldDefinition = Omit<EventField, 'kind' | 'pointer'> & Partial<Pick<EventField, 'kind' | 'pointer'>>;

type RequestLayout = {
  [Name in keyof RequestFields]: Omit<RequestFields[Name], 'personal'> & Pick<FieldDefinition, 'personal' | 'pointer'>;
}[keyof RequestFields];

const REQUEST_LAYOUT = REQUEST_ROWS.map(({ name, personal, ...row }) => {
  const pointer = `/request/${name}` as const;
  if (typeof personal !== 'object') return { ...row, pointer, ...(personal && { personal }) };
  return { ...row, pointer, personal: { when: isPersonalUnlessShape(pointer, personal.exceptIf), bit: personal.bit } };
}) as readonly RequestLayout[]; // the table has these literal types

const after = (name: string): number => REQUEST_LAYOUT.findIndex(({ column }) => column === name) + 1;

/**
 * Every stored field of an event, in the order of the CSV columns. Append new fields at the end. This list determines inserts, reads,
 * verification, exports, filters, responses and the reference page. CONTRIBUTING explains how to add a field.
 */
export const EVENT_LAYOUT = [
  { column: 'id', kind: 'uuid', required: true, description: 'UUIDv7: when the event was accepted' },
  { column: 'schema_version', kind: 'smallint', required: true, description: 'Version of the event format' },
  { column: 'occurred_at', kind: 'time', required: true, description: 'When it happened' },
  {
    column: 'type',
    required: true,
    filter: 'type',
    isSearched: true,
    description: 'Event type, or one of its aliases',
  },
  { column: 'action', required: true, filter: 'text', isSearched: true, description: 'Action' },
  { column: 'outcome', required: true, filter: 'word', words: OUTCOMES, description: 'Outcome' },
  { column: 'category', required: true, filter: 'text', description: 'Category' },
  { column: 'severity', required: true, filter: 'word', words: SEVERITIES, description: 'Severity' },
  {
    column: 'actor_type',
    pointer: '/actor/type',
    required: true,
    filter: 'word',
    words: ACTOR_TYPES,
    description: 'Type of the actor',
  },
  {
    column: 'actor_id',
    pointer: '/actor/id',
    personal: { when: isActorIdPersonal, bit: 1 },
    filter: 'text',
    isRare: true,
    isSearched: true,
    description: 'Id of the actor',
  },
  {
    column: 'actor_name',
    pointer: '/actor/name',
    personal: 'always',
    filter: 'name',
    isSearched: true,
    description: 'Name of the actor',
  },
  {
    column: 'session_id',
    pointer: '/actor/sessionId',
    personal: { when: isPersonalUnlessShape('/actor/sessionId', isIdShape), bit: 2 },
    filter: 'text',
    isRare: true,
    description: "Id of the actor's session",
  },
  {
    column: 'on_behalf_of',
    pointer: '/actor/onBehalfOf',
    kind: 'json',
    personal: { when: isPrincipalPersonal, bit: 4 },
    filter: 'text',
    isRare: true,
    filtered: 'id',
    csvMembers: ['type', 'id'],
    description: 'Id of the person or service that the actor acted for',
  },
  { column: 'tenant_id', filter: 'text', description: 'Id of the tenant' },
  {
    column: 'resource_type',
    pointer: '/resource/type',
    filter: 'text',
    isSearched: true,
    description: 'Type of the resource',
  },
  {
    column: 'resource_id',
    pointer: '/resource/id',
    personal: { when: isPersonalUnlessShape('/resource/id', isIdShape), bit: 8 },
    filter: 'text',
    isRare: true,
    isSearched: true,
    description: 'Id of the resource',
  },
  ...REQUEST_LAYOUT.slice(0, after('trace_id')),
  {
    column: 'reason',
    limit: 1_024,
    personal: { when: (reason, _event, rules) => isReasonPersonal(String(reason), rules), bit: 64 },
    isSearched: true,
    description: 'Reason for the outcome',
  },
  {
    column: 'error',
    kind: 'json',
    personal: 'within',
    members: ['name', 'code', 'message'],
    csvMembers: ['name', 'code', 'message'],
    description: 'The error that made the action fail',
  },
  {
    column: 'details',
    kind: 'json',
    required: true,
    personal: 'within',
    members: 'anything',
    description: 'Fields of the event type',
  },
  {
    column: 'changes',
    kind: 'json',
    personal: 'within',
    members: ['before', 'after', 'diff'],
    description: 'The state before and after',
  },
  {
    column: 'metadata',
    kind: 'json',
    required: true,
    personal: 'within',
    members: 'anything',
    description: 'Further values from the caller',
  },
  {
    column: 'details_issues',
    kind: 'json',
    personal: 'within',
    description: 'Contradictions between the details and the catalogue',
  },
  { column: 'truncated', kind: 'flag', description: 'Whether values were cut' },
  ...REQUEST_LAYOUT.slice(after('trace_id'), after('credential_scopes')),
  {
    column: 'resource_name',
    pointer: '/resource/name',
    limit: 200,
    personal: 'always',
    filter: 'name',
    isSearched: true,
    description: 'Name of the resource',
  },
  {
    column: 'related',
    kind: 'json',
    personal: 'within',
    description: 'Further resources that the event is about, each with its type, id and name',
  },
  ...REQUEST_LAYOUT.slice(after('credential_scopes')), // new fields of the request; close this slice before you append another field
] as const satisfies readonly FieldDefinition[];

/** The name of a filter and of a CSV column: the database column in camel case. */
export type OwnFieldName<Column extends string> = Column extends `${infer Word}_${infer Rest}`
  ? `${Word}${Capitalize<OwnFieldName<Rest>>}`
  : Column;

export interface LayoutField extends EventField {
  /** The object of the event that contains the field; absent for a field of the event itself. */
  readonly group?: string;
  readonly name: string;
  /** The column's name in camel case. */
  readonly ownName: string;
  /** The field's bit in the column `personal_columns`; 0 for a field that is always or never personal. */
  readonly bit: number;
}

export const EVENT_FIELDS: readonly LayoutField[] = EVENT_LAYOUT.map((field: FieldDefinition) => {
  const ownName = field.column.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  const { kind = 'text', pointer = `/${ownName}` as const, personal } = field;
  const [first = '', second] = pointer.slice(1).split('/');
  return {
    ...field,
    ...{ kind, pointer, ownName },
    ...(second === undefined ? { name: first } : { group: first, name: second }),
    bit: typeof personal === 'object' ? personal.bit : 0,
  };
});

/** The fields that may be personal and have their own columns. A field with a bit is personal only where `personal_columns` has the bit. */
export const PERSONAL_FIELDS = EVENT_FIELDS.filter(({ personal, bit }) => personal === 'always' || bit !== 0);

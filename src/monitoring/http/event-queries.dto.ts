import { EventQuery, RELATIONS, type Relation, ListFilters } from '../read/query/event-query.dto.js';
import {
  validate,
  omitParameters,
  Parameter,
  pickParameters,
  Words,
  isUuid,
  validateEach,
  isText,
} from '../read/query/query-parameters.js';
import type { OneOrMore } from '../read/query/filter-values.js';
import { parseTableName } from '../store/table-name.js';
import { EVENT_FIELDS } from '../proof/sealing/event-layout.js';
import type { LedgerEvent } from '../read/query/ledger-event.js';

const MAX_FIELDS = 50;

const PARTS: Readonly<Record<string, readonly string[] | 'anything'>> = {
  ...listEventParts(),
  index: [],
  compliance: [],
  archive: [],
  names: ['actor', 'onBehalfOf', 'resource', 'about'],
  rowChanges: ['events', 'records', 'isComplete'],
};
const MAX_NAMES = 8;

export class ShownEventQuery extends EventQuery {
  @FieldsParameter()
  readonly fields?: FieldPaths;
}

export class EventListQuery extends ShownEventQuery {
  @Parameter(
    {
      type: String,
      description:
        'The id of an event. Finds the event and the events of the same request, session or trace, within one day before or after it',
    },
    validate('the id of an event', isUuid),
  )
  readonly relatedTo?: string;

  @Words(
    RELATIONS,
    'With relatedTo: the relation between the events; default: any relation. The relations operation and request are the fastest',
  )
  readonly by?: OneOrMore<Relation>;
}

const EVENT_PARTS = ['related', 'proof', 'salt', 'gaps', 'matched'] as const;
type EventPart = (typeof EVENT_PARTS)[number];

const MAX_EVENTS = 200;
const MAX_NEIGHBOURS = 50;

export class OneEventQuery extends pickParameters(EventQuery, ['archived', 'names'] as const) {
  @Words(
    EVENT_PARTS,
    'Parts to add to the answer. salt: adds the salt to the proof, if you have the permission to export. gaps needs AuditViewerModule, and matched (the events of an alert) needs AlertsModule',
  )
  readonly include?: OneOrMore<EventPart>;

  @Parameter({
    type: Number,
    minimum: 0,
    maximum: MAX_NEIGHBOURS,
    description: 'How many events before and after the event to add to the answer',
  })
  readonly neighbours?: number;
}

export class ProofQuery {
  @Parameter({ type: Boolean, description: 'true: adds the salt, if you have the permission to export' })
  readonly salt?: boolean;
}

const RESOURCE_PARTS = ['events', 'state', 'blame'] as const;
export type ResourcePart = (typeof RESOURCE_PARTS)[number];

export class ResourceQuery extends omitParameters(ShownEventQuery, ['resourceType', 'resourceId'] as const) {
  @Words(RESOURCE_PARTS, 'What to show. state and blame come from the captured row changes')
  readonly show: OneOrMore<ResourcePart> = 'events';

  @WithTable()
  readonly table?: OneOrMore<string>;

  @Parameter(
    {
      type: String,
      description: 'For state and blame: a day, an RFC 3339 time, or -24h for 24 hours ago. Default: now',
    },
    validate('given once', (value) => typeof value === 'string'),
  )
  readonly at?: string;
}

export class TailQuery extends ListFilters {
  @Parameter({
    type: Number,
    minimum: -1,
    description: 'The index to start after; -1 starts with the first event. Default: the newest index',
  })
  readonly after?: number;

  @Parameter({
    type: Number,
    minimum: 1,
    maximum: MAX_EVENTS,
    description: 'Answers at once, with JSON and at most this number of events',
  })
  readonly limit?: number;

  @FieldsParameter()
  readonly fields?: FieldPaths;
}

function WithTable(): PropertyDecorator {
  const description =
    'The captured table of the record, such as public.orders. Needed if rows of several tables have this type and id. Give it again for a former name of the table';
  const isName = (value: unknown): boolean => isText(value) && parseTableName(value) !== undefined;
  return Parameter(
    { type: [String], description },
    validateEach('a table with its schema, such as public.orders', isName),
  );
}

function listEventParts(): Readonly<Record<string, readonly string[] | 'anything'>> {
  const parts: Record<string, readonly string[] | 'anything'> = {};
  for (const { group, name, members = [] } of EVENT_FIELDS) {
    if (group === undefined) parts[name] = members;
    else parts[group] = EVENT_FIELDS.filter((field) => field.group === group).map((field) => field.name);
  }
  return parts;
}

/** The value of a query parameter with the decorator {@link FieldsParameter}. */
export type FieldPaths = string | readonly string[] | undefined;

function FieldsParameter(): PropertyDecorator {
  return Parameter(
    { type: String, description: 'The fields of each event to return, such as id,type,actor.id' },
    validate('fields of an event separated by commas, such as id,type,actor.id,details.amount', isFieldList),
  );
}

/** The parameter may be repeated, and each value may contain several names. */
function splitFields(input: unknown): readonly string[] {
  return [input].flat().flatMap((text) => (typeof text === 'string' ? text.split(',') : ['']));
}

function isFieldList(input: unknown): boolean {
  const fields = splitFields(input);
  return fields.length <= MAX_FIELDS && fields.every(isField);
}

function isField(path: string): boolean {
  const [part = '', ...names] = path.split('.');
  const within = Object.hasOwn(PARTS, part) ? PARTS[part] : undefined;
  if (within === undefined || names.length > MAX_NAMES || names.includes('')) return false;
  return within === 'anything' || names.length === 0 || (names.length === 1 && within.includes(names[0] ?? ''));
}

/** Returns the requested fields of an event. A nested field stays within its object. Without paths, returns the whole event. */
export function pickFields(event: LedgerEvent, fields: FieldPaths): object {
  if (fields === undefined) return event;
  const picked: Record<string, unknown> = {};
  for (const path of splitFields(fields)) copy(event, picked, path.split('.'));
  return picked;
}

function copy(from: object, to: Record<string, unknown>, [name = '', ...rest]: readonly string[]): void {
  if (!Object.hasOwn(from, name)) return;
  const value: unknown = Reflect.get(from, name);
  if (rest.length === 0) define(to, name, value);
  if (rest.length === 0 || typeof value !== 'object' || value === null || Array.isArray(value)) return;
  const part: Record<string, unknown> = { ...(Object.hasOwn(to, name) ? (to[name] as object) : {}) }; // an earlier path may have made this object
  copy(value, part, rest);
  if (Object.keys(part).length > 0) define(to, name, part);
}

/** The name may be `__proto__`, so an assignment is unsafe. */
function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true });
}

import { ACTOR_TYPES, findNearestName, OUTCOMES, REQUEST_ROWS, SEVERITIES } from '../../../../audit/browser.js';

/** The notation of a qualifier's values. The suggestions for values depend on this notation. */
export type QualifierKind = 'text' | 'word' | 'status' | 'ip' | 'resource' | 'pointer' | 'time' | 'path';

/** A qualifier is a name before a colon in a query. Each qualifier stands for a filter of the HTTP API. */
export interface Qualifier {
  readonly name: string;
  readonly filter: string;
  readonly kind: QualifierKind;
  readonly words?: readonly string[];
  /** Names that people may type instead of `name`. */
  readonly also?: readonly string[];
  /** Whether `GET /audit/values` returns values for the filter. */
  readonly completes?: boolean;
  /** The text about the qualifier in the viewer's help. */
  readonly description: string;
}

const REQUEST_QUALIFIERS = REQUEST_ROWS.flatMap((row): readonly Qualifier[] => {
  const { qualifier: name, ownName: filter, filter: kind, completes = false, description } = row;
  return name
    ? [{ name, filter, kind: kind === 'ip' || kind === 'status' ? kind : 'text', completes, description }]
    : [];
});

/** The qualifiers, in the order of the suggestions. The most used qualifiers come first. */
// prettier-ignore
export const QUALIFIERS: readonly Qualifier[] = [
  { name: 'actor', filter: 'actorId', kind: 'text', completes: true, description: 'Who did it, by id' },
  { name: 'type', filter: 'type', kind: 'text', completes: true, description: 'What happened' },
  { name: 'outcome', filter: 'outcome', kind: 'word', words: OUTCOMES, description: 'The outcome' },
  { name: 'resource', filter: 'resourceType', kind: 'resource', completes: true, description: 'The resource: type, or type/id' },
  { name: 'on', filter: 'on', kind: 'time', description: 'On this day (UTC): 2026-11-20, yesterday' },
  { name: 'since', filter: 'from', kind: 'time', also: ['from'], description: 'Not before: 2026-11-20, yesterday, 3d' },
  { name: 'until', filter: 'to', kind: 'time', also: ['to'], description: 'Not after: a day is included' },
  ...REQUEST_QUALIFIERS.filter(({ name }) => name === 'ip'),
  { name: 'tenant', filter: 'tenantId', kind: 'text', completes: true, description: 'The tenant of the event' },
  { name: 'name', filter: 'actorName', kind: 'text', also: ['who', 'user', 'by'], completes: true, description: 'The actor’s name' },
  { name: 'id', filter: 'resourceId', kind: 'text', completes: true, description: 'The resource’s id' },
  { name: 'resource-name', filter: 'resourceName', kind: 'text', completes: true, description: 'The resource’s name' },
  { name: 'about', filter: 'about', kind: 'text', description: 'All events of a person, session or record: user/u-1' },
  { name: 'related', filter: 'related', kind: 'text', description: 'Events with this further resource: order/o-1' },
  { name: 'action', filter: 'action', kind: 'text', completes: true, description: 'The action, with any outcome' },
  { name: 'category', filter: 'category', kind: 'text', completes: true, description: 'The category' },
  { name: 'severity', filter: 'severity', kind: 'word', words: SEVERITIES, description: 'The severity' },
  { name: 'actor-type', filter: 'actorType', kind: 'word', words: ACTOR_TYPES, description: 'User, admin, service, …' },
  { name: 'on-behalf-of', filter: 'onBehalfOf', kind: 'text', completes: true, description: 'The principal for whom the actor acted' },
  { name: 'session', filter: 'sessionId', kind: 'text', completes: true, description: 'The actor’s session' },
  ...REQUEST_QUALIFIERS.filter(({ name }) => name !== 'ip'),
  { name: 'compliance', filter: 'compliance', kind: 'text', completes: true, description: 'The standard that requires it' },
  { name: 'changed', filter: 'changed', kind: 'pointer', description: 'A field that changed: /status' },
  { name: 'details.', filter: 'details.', kind: 'path', completes: true, description: 'A field of the details' },
  { name: 'metadata.', filter: 'metadata.', kind: 'path', completes: true, description: 'A field of the metadata' },
];

/** Finds a qualifier by its name, one of its other names, or its filter's name in the HTTP API. Upper and lower case do not matter. */
export function findQualifier(typed: string): Qualifier | undefined {
  const name = typed.toLowerCase();
  return QUALIFIERS.find((qualifier) =>
    qualifier.kind === 'path'
      ? name.startsWith(qualifier.name) && name.length > qualifier.name.length
      : qualifier.name === name ||
        qualifier.also?.includes(name) === true ||
        (qualifier.filter.toLowerCase() === name && qualifier.kind !== 'resource'),
  );
}

/** Returns the filter of the HTTP API for a typed name. The result preserves the case of a path. */
export function toFilterName({ kind, filter, name }: Qualifier, typed: string): string {
  return kind === 'path' ? `${filter}${typed.slice(name.length)}` : filter;
}

export function findNearestQualifier(name: string): string | undefined {
  return findNearestName(
    name,
    QUALIFIERS.map((each) => each.name),
  );
}

import { ACTOR_TYPES, nearestName, OUTCOMES, SEVERITIES } from '../../../../audit/browser.js';

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
}

/** The qualifiers, in the order of the suggestions. The most used qualifiers come first. */
export const QUALIFIERS: readonly Qualifier[] = [
  { name: 'actor', filter: 'actorId', kind: 'text', completes: true },
  { name: 'type', filter: 'type', kind: 'text', completes: true },
  { name: 'outcome', filter: 'outcome', kind: 'word', words: OUTCOMES },
  { name: 'resource', filter: 'resourceType', kind: 'resource', completes: true },
  { name: 'since', filter: 'from', kind: 'time' },
  { name: 'from', filter: 'from', kind: 'time' },
  { name: 'to', filter: 'to', kind: 'time', also: ['until'] },
  { name: 'ip', filter: 'ip', kind: 'ip', completes: true },
  { name: 'tenant', filter: 'tenantId', kind: 'text', completes: true },
  { name: 'name', filter: 'actorName', kind: 'text', also: ['who', 'user', 'by'], completes: true },
  { name: 'id', filter: 'resourceId', kind: 'text', completes: true },
  { name: 'about', filter: 'about', kind: 'text' },
  { name: 'action', filter: 'action', kind: 'text', completes: true },
  { name: 'category', filter: 'category', kind: 'text', completes: true },
  { name: 'severity', filter: 'severity', kind: 'word', words: SEVERITIES },
  { name: 'actor-type', filter: 'actorType', kind: 'word', words: ACTOR_TYPES },
  { name: 'on-behalf-of', filter: 'onBehalfOf', kind: 'text', completes: true },
  { name: 'session', filter: 'sessionId', kind: 'text', completes: true },
  { name: 'request', filter: 'requestId', kind: 'text' },
  { name: 'trace', filter: 'traceId', kind: 'text' },
  { name: 'route', filter: 'route', kind: 'text', completes: true },
  { name: 'method', filter: 'method', kind: 'text', completes: true },
  { name: 'status', filter: 'statusCode', kind: 'status', completes: true },
  { name: 'agent', filter: 'userAgent', kind: 'text', completes: true },
  { name: 'compliance', filter: 'compliance', kind: 'text', completes: true },
  { name: 'changed', filter: 'changed', kind: 'pointer' },
  { name: 'details.', filter: 'details.', kind: 'path', completes: true },
  { name: 'metadata.', filter: 'metadata.', kind: 'path', completes: true },
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
export function filterOf({ kind, filter, name }: Qualifier, typed: string): string {
  return kind === 'path' ? `${filter}${typed.slice(name.length)}` : filter;
}

/** Suggests a known name for an unknown name. */
export function nearestQualifier(name: string): string | undefined {
  return nearestName(
    name,
    QUALIFIERS.map((each) => each.name),
  );
}

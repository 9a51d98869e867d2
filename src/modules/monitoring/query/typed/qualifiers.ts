/** The notation of a qualifier's values, which also determines how they are completed. */
export type QualifierKind = 'text' | 'word' | 'status' | 'ip' | 'resource' | 'pointer' | 'time' | 'path';

/** A name before a colon in a query, with its filter in the HTTP API. */
export interface Qualifier {
  readonly name: string;
  readonly filter: string;
  readonly kind: QualifierKind;
  /** The allowed values, if they are a list of words. */
  readonly words?: readonly string[];
  /** Other names that people use for it. */
  readonly also?: readonly string[];
  /** Whether `GET /audit/values` returns values for it. */
  readonly completes?: boolean;
}

const OUTCOMES = ['success', 'failure', 'denied', 'attempted', 'partial'];
const SEVERITIES = ['info', 'warning', 'error', 'critical'];
const ACTORS = ['user', 'admin', 'service', 'system', 'anonymous'];

/** The qualifiers in the order of the completion: the most used ones first. */
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
  { name: 'actor-type', filter: 'actorType', kind: 'word', words: ACTORS },
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

/** Finds a qualifier by the typed name, in any case, or by its name in the HTTP API. */
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

/** The filter of the HTTP API for a typed name. It keeps the path, whose case matters. */
export function filterOf({ kind, filter, name }: Qualifier, typed: string): string {
  return kind === 'path' ? `${filter}${typed.slice(name.length)}` : filter;
}

/** The known name that an unknown one probably stands for. */
export function nearestQualifier(name: string): string | undefined {
  return nearest(
    name,
    QUALIFIERS.map((each) => each.name),
  );
}

/** The only known word that begins with this, or else the one nearest to a misspelt word, at most two letters away. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const [begun, another] = known.filter((each) => each.startsWith(word.toLowerCase()));
  if (begun !== undefined && another === undefined) return begun;
  const [best] = known
    .map((each) => ({ each, far: distance(word.toLowerCase(), each.toLowerCase()) }))
    .sort((one, other) => one.far - other.far);
  return best !== undefined && best.far <= Math.min(2, Math.ceil(word.length / 2)) ? best.each : undefined;
}

function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, place) => place);
  for (const [place, letter] of Array.from(one).entries()) {
    const next = [place + 1];
    for (const [at, wanted] of Array.from(other).entries()) {
      const change = (row[at] ?? 0) + (letter === wanted ? 0 : 1);
      next.push(Math.min(change, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

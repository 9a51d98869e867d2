import { nearestName } from '../../../audit/plain.js';
import { FIELD_NAMES, fieldFilter } from './field-filters.js';

/** Parameters whose names contain a path: `details.payment.method`. */
export const BY_PATH = /^(details|metadata)\.(.*)$/s;

/** A filter with its operator: `actorId[ne]`. */
export const WITH_OPERATOR = /^([^[\]]+)\[([^[\]]+)\]$/;

const COMPARED: ReadonlySet<string> = new Set([...FIELD_NAMES, 'compliance']);
const NUMBERS: ReadonlySet<string> = new Set(FIELD_NAMES.filter((name) => fieldFilter(name).filter === 'status'));

/** Whether it is the name of a filter that takes comparisons such as `[ne]`. */
export function isComparable(name: string): boolean {
  return COMPARED.has(name) || BY_PATH.test(name);
}

/** Whether it also takes `[gte]` and the like. */
export function isRangeable(name: string): boolean {
  return NUMBERS.has(name) || BY_PATH.test(name);
}

/** Filters by the names that people try first. */
const NAMES_MEANT: ReadonlyMap<string, readonly string[]> = new Map([
  ['actor', ['actorId']],
  ['user', ['actorId']],
  ['person', ['about']],
  ['name', ['actorName']],
  ['date', ['from', 'to']],
  ['day', ['from', 'to']],
  ['time', ['from', 'to']],
  ['until', ['to']],
  ['resource', ['resourceType', 'resourceId']],
  ['record', ['about']],
  ['session', ['sessionId']],
  ['status', ['statusCode']],
  ['search', ['q']],
  ['text', ['q']],
]);

/** The known parameters that an unknown one probably stands for. */
export function parametersMeant(name: string, known: readonly string[]): string | undefined {
  const meant = NAMES_MEANT.get(name.toLowerCase())?.filter((each) => known.includes(each)) ?? [];
  return meant.length > 0 ? meant.join(' and ') : nearestName(name, known);
}

import { nearestName } from '../../../audit/nest-free.js';
import { FIELD_NAMES } from './field-filters.js';

/** Matches a parameter whose name contains a path: `details.payment.method`. */
export const BY_PATH = /^(details|metadata)\.(.*)$/s;

/** Matches a filter with an operator: `actorId[ne]`. */
export const WITH_OPERATOR = /^([^[\]]+)\[([^[\]]+)\]$/;

const COMPARED: ReadonlySet<string> = new Set([...FIELD_NAMES, 'compliance']);

/** Whether the filter of this name accepts comparisons such as `[ne]`. */
export function isComparable(name: string): boolean {
  return COMPARED.has(name) || BY_PATH.test(name);
}

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
  ['credential', ['credentialId']],
  ['status', ['statusCode']],
  ['search', ['q']],
  ['text', ['q']],
]);

export function parametersMeant(name: string, known: readonly string[]): string | undefined {
  const meant = NAMES_MEANT.get(name.toLowerCase())?.filter((each) => known.includes(each)) ?? [];
  return meant.length > 0 ? meant.join(' and ') : nearestName(name, known);
}

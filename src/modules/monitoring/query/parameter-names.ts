import { FIELD_NAMES, fieldFilter } from './field-filters.js';

/** Parameters of which each name holds a path: `details.payment.method`. */
export const BY_PATH = /^(details|metadata)\.(.*)$/s;

/** `actorId[ne]`: the filter, and what it is compared by. */
export const WITH_OPERATOR = /^([^[\]]+)\[([^[\]]+)\]$/;

const COMPARED: ReadonlySet<string> = new Set([...FIELD_NAMES, 'compliance']);
const NUMBERS: ReadonlySet<string> = new Set(FIELD_NAMES.filter((name) => fieldFilter(name).kind === 'status'));

/** Whether it is the name of a filter that takes comparisons such as `[ne]`. */
export function isComparable(name: string): boolean {
  return COMPARED.has(name) || BY_PATH.test(name);
}

/** Whether `[gte]` and the like are among them. */
export function isRangeable(name: string): boolean {
  return NUMBERS.has(name) || BY_PATH.test(name);
}

import { Catalogue, hasCode } from '../../../audit/nest-free.js';
import { EventFilters } from '../../../monitoring/read/query/event-query.dto.js';
import { isRange } from '../../../monitoring/read/query/given-values.js';
import { parseQuery } from '../../../monitoring/read/query/parse-query.js';
import { predicatesOf } from '../../../monitoring/read/query/predicates.js';
import { problemOfField, problemOfValue, rootOf } from './rule-field.js';
import { isMap, type SelectedFields, type Selection } from './rule.js';
import { hasInnerStar, isTextModifier, TEXT_MODIFIERS, textPattern, type TextPattern } from './text-pattern.js';

const CATALOGUE = new Catalogue();

const MODIFIERS = ['startswith', ...TEXT_MODIFIERS, 'cidr', 'exists', 'fieldref', 'gt', 'gte', 'lt', 'lte'] as const;

/**
 * Translates a selection of Sigma into filters of `GET /audit/events`. A selection is a map of the route's fields, or a list of such maps. A text
 * that ends in `*` is a prefix; `null` means a field without a value.
 *
 * @param report gets each problem with the path of its key; the path is empty for the whole selection
 */
export function parseSelection(
  given: unknown,
  report: (path: readonly (string | number)[], problem: string) => void,
): Selection {
  const isList = Array.isArray(given);
  const maps: readonly unknown[] = isList ? given : [given];
  if (maps.length === 0) report([], 'must have a field');
  return maps.map((map, index) => {
    const at = isList ? [index] : [];
    if (isMap(map) && Object.keys(map).length > 0)
      return filterOf(map, (key, problem) => report([...at, key], problem));
    report(at, 'must be a map of fields and their values; lists of words are not supported');
    return { filter: {}, same: [], patterns: [] };
  });
}

function filterOf(
  map: Readonly<Record<string, unknown>>,
  reportOf: (key: string, problem: string) => void,
): SelectedFields {
  const same: [string, string][] = [];
  const patterns: TextPattern[] = [];
  const filter: Record<string, Record<string, unknown>> = {};
  const byPath: Record<string, Record<string, Record<string, unknown>>> = {};
  let words: { readonly q?: unknown } = {};
  for (const [key, value] of Object.entries(map)) {
    const report = (problem: string): void => reportOf(key, problem);
    if (key === 'q') {
      if (isFilter({ q: value }, report)) words = { q: value };
      continue;
    }
    const [field = '', modifier, ...more] = key.split('|');
    const problem =
      problemOfField(field) ??
      problemOfModifier(modifier, more) ??
      (modifier === 'fieldref' ? problemOfValue(String(value)) : undefined);
    if (problem !== undefined) report(problem);
    else if (modifier === 'fieldref') same.push([field, String(value)]);
    else if (isTextModifier(modifier) || (modifier === undefined && hasInnerStar(value))) {
      const pattern = textPattern(field, [modifier, ...more], value, report);
      if (pattern) patterns.push(pattern);
    } else {
      const root = rootOf(field);
      const path = field.slice((root?.length ?? -1) + 1);
      const comparisons = comparisonsFor(modifier, value);
      if (!isFilter(root ? { [root]: { [path]: comparisons } } : { [field]: comparisons }, report)) continue;
      if (root) (byPath[root] ??= {})[path] = { ...byPath[root][path], ...comparisons };
      else filter[field] = { ...filter[field], ...comparisons };
    }
  }
  return { filter: { ...filter, ...byPath, ...words }, same, patterns };
}

function isFilter(filter: Readonly<Record<string, unknown>>, report: (problem: string) => void): boolean {
  try {
    predicatesOf(parseQuery(EventFilters, filter), CATALOGUE);
    return true;
  } catch (error) {
    if (!hasCode(error, 'AUDIT_QUERY_INVALID')) throw error;
    for (const problem of error.problems ?? []) report(problem);
    return false;
  }
}

function problemOfModifier(modifier: string | undefined, more: readonly string[]): string | undefined {
  if (modifier === undefined) return undefined;
  const allowed = isTextModifier(modifier) ? (modifier === 're' ? ['all', 'i'] : ['all']) : [];
  if (more.some((each) => !allowed.includes(each))) {
    return `has several modifiers (${[modifier, ...more].join(', ')}): use only one, or combine "all" with one of ${TEXT_MODIFIERS.join(', ')}`;
  }
  if (MODIFIERS.some((known) => known === modifier)) return undefined;
  return `has the modifier ${modifier}, which is not supported: use ${MODIFIERS.join(', ')}`;
}

function comparisonsFor(modifier: string | undefined, value: unknown): Readonly<Record<string, unknown>> {
  if (modifier === undefined || modifier === 'cidr') return value === null ? { exists: false } : { is: value };
  if (modifier === 'exists') return { exists: value };
  if (isRange(modifier)) return { [modifier]: value };
  const beginnings = [value].flat().map((text) => `${String(text)}*`);
  return { is: beginnings };
}

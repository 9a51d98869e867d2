import { EventFilters } from '../monitoring/query/event-filters.dto.js';
import { parseQuery } from '../monitoring/query/parse-query.js';
import { predicatesOf, type FieldPredicate, type FilterMeaning } from '../monitoring/query/predicates.js';
import type { Condition, EventRule, Selection } from './rules/rule.js';

/** The fields by which rules select events. */
const NAMING = ['type', 'action', 'category'] as const;

/** The values of each such field, one of which an event must have. */
type Names = ReadonlyMap<(typeof NAMING)[number], ReadonlySet<unknown>>;

/**
 * Conditions on names, one of which an event must meet to match any rule: so most events are skipped by one look at their names.
 * `undefined` if a rule covers events of any name.
 */
export function neededNames(
  rules: readonly EventRule[],
  meaning: FilterMeaning,
): readonly FieldPredicate[] | undefined {
  const names = union(rules.map((rule) => ofCondition(rule, rule.condition, meaning)));
  return (
    names &&
    [...names].map(([field, values]) => ({
      on: 'field',
      field,
      anyOf: [{ is: 'equal', values: [...values].map(String) }],
      isNot: false,
    }))
  );
}

function ofCondition(rule: EventRule, condition: Condition, meaning: FilterMeaning): Names | undefined {
  switch (condition.is) {
    case 'selection':
      return ofSelection(rule.selections.get(condition.name) ?? [], meaning);
    case 'not':
      return undefined;
    case 'and':
      return condition.of.map((each) => ofCondition(rule, each, meaning)).find((names) => names !== undefined);
    case 'or':
      return union(condition.of.map((each) => ofCondition(rule, each, meaning)));
  }
}

function ofSelection(selection: Selection, meaning: FilterMeaning): Names | undefined {
  return union(
    selection.map(({ filter }) => {
      for (const predicate of predicatesOf(parseQuery(EventFilters, filter), meaning)) {
        const field = predicate.on === 'field' ? NAMING.find((name) => name === predicate.field) : undefined;
        if (predicate.on !== 'field' || field === undefined || predicate.isNot) continue;
        const values = predicate.anyOf.map((test) => (test.is === 'equal' ? test.values : []));
        if (values.every(({ length }) => length > 0)) return new Map([[field, new Set(values.flat())]]);
      }
      return undefined;
    }),
  );
}

/** The names for any of several conditions; `undefined` if one of them covers events of any name. */
function union(all: readonly (Names | undefined)[]): Names | undefined {
  const together = new Map<(typeof NAMING)[number], Set<unknown>>();
  for (const names of all) {
    if (!names) return undefined;
    for (const [field, values] of names) {
      together.set(field, new Set([...(together.get(field) ?? []), ...values]));
    }
  }
  return together;
}

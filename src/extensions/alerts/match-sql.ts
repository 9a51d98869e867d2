import { buildPredicateConditions } from '../../monitoring/read/query/filter-sql.js';
import { EventFilters } from '../../monitoring/read/query/event-query.dto.js';
import { parseQuery } from '../../monitoring/read/query/parse-query.js';
import { buildPredicates, type FilterMeaning, type Predicate } from '../../monitoring/read/query/predicates.js';
import type { SqlValues } from '../../monitoring/read/query/sql-values.js';
import type { CountedEvents } from './rules/link-rules.js';
import type { Condition, EventRule, Selection } from './rules/rule.js';
import { buildPatternSql, buildValueSql } from './rules/rule-field.js';

const ALL = { scope: 'all' } as const;

/** The milliseconds since 1970 of an event's id: its first 48 bits (RFC 9562, section 5.7). */
const MS = `('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint`;

/** Writes SQL expressions on `audit_event` for the matches of rules about single events. */
export class MatchSql {
  /** @param meaning the names of events that the application knows */
  constructor(
    private readonly values: SqlValues,
    private readonly meaning: FilterMeaning,
  ) {}

  /** Returns the condition that an event matches the rule. @throws `AUDIT_QUERY_INVALID` for a rule with an action instead of an event type */
  condition({ selections, condition }: EventRule): string {
    return this.combine(condition, selections);
  }

  /**
   * Returns a condition on the names of events that all matches of the rules meet, so that PostgreSQL can use an index; `true` if a rule matches events
   * of any name.
   */
  nameCondition(rules: readonly EventRule[]): string {
    const names = findNames(rules, this.meaning);
    return names ? `(${buildPredicateConditions(names, ALL, this.values).join(' OR ')})` : 'true';
  }

  /** Returns the columns of a match: `id`, `ms`, `tenant`, `grp` (the values of its group), and `value` (the counted one). */
  columns({ group, value }: Pick<CountedEvents, 'group' | 'value'>, acrossTenants: boolean): string {
    const tenant = acrossTenants ? 'NULL::text' : 'tenant_id';
    const counted = value === undefined ? 'id::text' : this.text(value);
    const texts = group.map((field) => this.text(field));
    return `id, ${MS} AS ms, ${tenant} AS tenant, ARRAY[${texts.join(', ')}]::text[] AS grp, ${counted} AS value`;
  }

  /** Returns the text of a field. */
  text(field: string): string {
    return buildValueSql(field, this.values);
  }

  private combine(condition: Condition, selections: EventRule['selections']): string {
    switch (condition.is) {
      case 'selection':
        return `(${this.select(selections.get(condition.name) ?? [])}) IS TRUE`;
      case 'not':
        return `NOT (${this.combine(condition.of, selections)})`;
      case 'and':
      case 'or':
        return `(${condition.of.map((each) => this.combine(each, selections)).join(` ${condition.is.toUpperCase()} `)})`;
    }
  }

  private select(selection: Selection): string {
    const { values } = this;
    const alternatives = selection.map(({ filter, same, patterns }) => {
      const predicates = buildPredicates(parseQuery(EventFilters, filter), this.meaning);
      const pairs = same.map(([field, other]) => `${buildValueSql(field, values)} = ${buildValueSql(other, values)}`);
      const texts = patterns.map((pattern) => buildPatternSql(pattern, values));
      return ['true', ...buildPredicateConditions(predicates, ALL, values), ...pairs, ...texts].join(' AND ');
    });
    return alternatives.map((all) => `(${all})`).join(' OR ');
  }
}

const NAMING = ['type', 'action', 'category'];

/**
 * Finds predicates on the type, the action or the category of events, of which each match of the rules meets at least one; `undefined` if a rule may
 * match events of any name.
 */
function findNames(
  rules: readonly Pick<EventRule, 'selections' | 'condition'>[],
  meaning: FilterMeaning,
): readonly Predicate[] | undefined {
  return joinAll(rules.map(({ selections, condition }) => namesIn(condition, selections, meaning)));
}

function namesIn(
  condition: Condition,
  selections: EventRule['selections'],
  meaning: FilterMeaning,
): readonly Predicate[] | undefined {
  switch (condition.is) {
    case 'selection': {
      const filters = (selections.get(condition.name) ?? []).map(({ filter }) => parseQuery(EventFilters, filter));
      return joinAll(filters.map((filter) => buildPredicates(filter, meaning).filter(isName).slice(0, 1)));
    }
    case 'not':
      return undefined;
    case 'and':
      return condition.of.map((each) => namesIn(each, selections, meaning)).find((names) => names !== undefined);
    case 'or':
      return joinAll(condition.of.map((each) => namesIn(each, selections, meaning)));
  }
}

function isName(predicate: Predicate): boolean {
  if (predicate.on !== 'field' || predicate.isNot || !NAMING.includes(predicate.field)) return false;
  return predicate.anyOf.every(({ is }) => is === 'equal');
}

function joinAll(parts: readonly (readonly Predicate[] | undefined)[]): readonly Predicate[] | undefined {
  return parts.every((part) => part !== undefined && part.length > 0) ? parts.flatMap((part) => part ?? []) : undefined;
}

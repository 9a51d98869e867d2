import { conditionsThat } from '../query/event-filter.js';
import { EventFilters } from '../query/event-filters.dto.js';
import { parseQuery } from '../query/parse-query.js';
import { predicatesOf, type FilterMeaning } from '../query/predicates.js';
import { SqlValues } from '../query/sql-values.js';
import { IS_CANARY } from './canaries/canary.js';
import type { Match } from './correlate/match.js';
import type { LinkedRule } from './rules/link-rules.js';
import type { Condition, EventRule, Selection } from './rules/rule.js';
import { textOfField } from './rules/rule-field.js';

/** Places of the sealed sequence, the last one included. */
export interface PlaceRange {
  readonly first: number;
  readonly last: number;
}

/** From places to their events, never the other way round. */
export const MATCH_SETTINGS = {
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_seqscan: 'off',
  jit: 'off',
  max_parallel_workers_per_gather: '0',
};

/** Finds the matches of all rules about single events in one pass over a range of places, in the order of these. */
export class MatchStatement {
  private readonly rules: readonly (LinkedRule & { readonly rule: EventRule })[];
  private readonly text: string;
  private readonly values: readonly unknown[];

  /** @throws InvalidQueryError (`AUDIT_QUERY_INVALID`) for an action where an event type belongs */
  constructor(rules: readonly LinkedRule[], meaning: FilterMeaning) {
    this.rules = rules.filter(
      (linked): linked is LinkedRule & { readonly rule: EventRule } => linked.rule.kind === 'event',
    );
    const values = new SqlValues();
    const [first, last] = [values.place(0), values.place(0)];
    const found = this.rules.map(({ rule, fields }, index) => {
      const texts = fields.map((field) => textOfField(field, values));
      return `SELECT ${index} AS rule, ARRAY[${texts.join(', ')}]::text[] AS texts WHERE ${passes(rule, rule.condition, meaning, values)}`;
    });
    this.text = `
      SELECT place, id, extract(epoch FROM occurred_at)::float8 * 1000 AS at, tenant_id, rule, texts, ${IS_CANARY} AS is_canary
        FROM (SELECT index AS place, event_id FROM audit_leaf
               WHERE index BETWEEN ${first}::bigint AND ${last}::bigint ORDER BY index) AS sealed
        JOIN audit_event ON id = event_id
        CROSS JOIN LATERAL (${found.join(' UNION ALL ')}) AS found
       ORDER BY place, rule`;
    this.values = values.list.slice(2);
  }

  /** Whether there is nothing to look for. */
  get isEmpty(): boolean {
    return this.rules.length === 0;
  }

  of({ first, last }: PlaceRange): { readonly text: string; readonly values: readonly unknown[] } {
    return { text: this.text, values: [first, last, ...this.values] };
  }

  /** A row of the statement. */
  matchOf(row: Readonly<Record<string, unknown>>): Match {
    const { rule, fields } = this.rules[Number(row.rule)] ?? { rule: { name: '' }, fields: [] };
    const texts = row.texts as readonly (string | null)[]; // the type of the column
    const [id, at] = [String(row.id), Number(row.at)];
    return {
      rule: rule.name,
      place: Number(row.place),
      ...{ id, at, from: at, ids: [id], count: 1 },
      ...(row.is_canary === true && { isCanary: true as const }),
      tenantId: typeof row.tenant_id === 'string' ? row.tenant_id : null,
      values: Object.fromEntries(fields.map((field, index) => [field, texts[index] ?? null])),
    };
  }
}

function passes(rule: EventRule, condition: Condition, meaning: FilterMeaning, values: SqlValues): string {
  switch (condition.is) {
    case 'selection':
      return `(${ofSelection(rule.selections.get(condition.name) ?? [], meaning, values)}) IS TRUE`;
    case 'not':
      return `NOT (${passes(rule, condition.of, meaning, values)})`;
    case 'and':
    case 'or':
      return `(${condition.of.map((each) => passes(rule, each, meaning, values)).join(` ${condition.is.toUpperCase()} `)})`;
  }
}

function ofSelection(selection: Selection, meaning: FilterMeaning, values: SqlValues): string {
  const any = selection.map((filter) => {
    const predicates = predicatesOf(parseQuery(EventFilters, filter), meaning);
    return ['true', ...conditionsThat(predicates, { scope: 'all' }, values)].join(' AND ');
  });
  return any.map((all) => `(${all})`).join(' OR ');
}

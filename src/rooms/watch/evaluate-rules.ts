import { conditionsThat } from '../../monitoring/read/query/filter-sql.js';
import { EventFilters } from '../../monitoring/read/query/event-query.dto.js';
import { parseQuery } from '../../monitoring/read/query/parse-query.js';
import { LEAVES_FIRST } from '../../monitoring/read/query/places/sealed-events.service.js';
import { predicatesOf, type FilterMeaning, type FieldPredicate } from '../../monitoring/read/query/predicates.js';
import { SqlValues } from '../../monitoring/read/query/sql-values.js';
import type { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import type { RaisedAlert } from './correlate/correlator.js';
import type { Match } from './correlate/group-state.js';
import type { LinkedRule } from './rules/link-rules.js';
import type { Condition, EventRule, Selection, WorkingHours } from './rules/rule.js';
import { COUNTRY, textOfValue, sqlOfPattern } from './rules/rule-field.js';

/** The maximum number of sealed events to read at once. */
export const MOST_PLACES = 5_000;

/** A range of sequence numbers, including the last one. */
export interface PlaceRange {
  readonly first: number;
  readonly last: number;
}

const SETTINGS = { ...LEAVES_FIRST, max_parallel_workers_per_gather: '0' };

/** Reads the matches of all event rules in one pass over a range of sealed events, by sequence number. */
export class RuleEvaluator {
  private readonly rules: readonly (LinkedRule & { readonly rule: EventRule })[];
  private readonly text: string;
  private readonly values: readonly unknown[];

  /** @throws `AUDIT_QUERY_INVALID` for a rule with an action instead of an event type */
  constructor(
    private readonly reader: LedgerReader,
    rules: readonly LinkedRule[],
    meaning: FilterMeaning,
    private readonly countryOf?: (ip: string) => string | undefined,
  ) {
    this.rules = rules.filter(
      (linked): linked is LinkedRule & { readonly rule: EventRule } => linked.rule.kind === 'event',
    );
    const values = new SqlValues();
    const [first, last] = [values.place(0), values.place(0)];
    const found = this.rules.map(({ rule, fields }, index) => {
      const texts = fields.map((field) => (this.isLocated(field) ? 'host(ip)' : textOfValue(field, values)));
      const hours = rule.outsideHours ? ` AND ${isOutside(rule.outsideHours, values)}` : '';
      return `SELECT ${index} AS rule, ARRAY[${texts.join(', ')}]::text[] AS texts WHERE ${sqlOfCondition(rule, rule.condition, meaning, values)}${hours}`;
    });
    const named = neededNames(
      this.rules.map(({ rule }) => rule),
      meaning,
    );
    const isNamed = named ? conditionsThat(named, { scope: 'all' }, values).join(' OR ') : 'true';
    this.text = `
      SELECT place, id, extract(epoch FROM occurred_at)::float8 * 1000 AS at, tenant_id, rule, texts
        FROM (SELECT index AS place, event_id FROM audit_leaf
               WHERE index BETWEEN ${first}::bigint AND ${last}::bigint ORDER BY index) AS sealed
        JOIN audit_event ON id = event_id AND (${isNamed})
        CROSS JOIN LATERAL (${found.join(' UNION ALL ')}) AS found
       ORDER BY place, rule`;
    this.values = values.list.slice(2);
  }

  /** Reads the matches in a range. Rejects with the error of the PostgreSQL client. */
  async read({ first, last }: PlaceRange): Promise<readonly Match[]> {
    if (this.rules.length === 0 || last < first) return [];
    const rows = await this.reader.eventRows({ scope: 'all' }, this.text, [first, last, ...this.values], SETTINGS);
    return rows.map((row) => this.matchOf(row));
  }

  /** Adds the field values to an alert of a rule with `unless`, because its match was stored without values. Erased values stay absent. */
  async withValues(alert: RaisedAlert): Promise<RaisedAlert> {
    const { place, rule } = alert.match;
    const match = (await this.read({ first: place, last: place })).find((each) => each.rule === rule);
    return match ? { ...alert, match: { ...alert.match, values: match.values } } : alert;
  }

  private matchOf(row: Readonly<Record<string, unknown>>): Match {
    const { rule, fields } = this.rules[Number(row.rule)] ?? { rule: { name: '' }, fields: [] };
    const texts = row.texts as readonly (string | null)[]; // the type of the column
    const [id, at] = [String(row.id), Number(row.at)];
    return {
      rule: rule.name,
      place: Number(row.place),
      ...{ id, at, from: at, ids: [id], count: 1 },
      tenantId: typeof row.tenant_id === 'string' ? row.tenant_id : null,
      values: Object.fromEntries(fields.map((field, index) => [field, this.valueOf(field, texts[index] ?? null)])),
    };
  }

  private isLocated(field: string): boolean {
    return field === COUNTRY && this.countryOf !== undefined;
  }

  private valueOf(field: string, text: string | null): string | null {
    if (!this.isLocated(field) || text === null) return text;
    try {
      return this.countryOf?.(text) ?? null;
    } catch {
      return null; // a location database may refuse an address
    }
  }
}

function sqlOfCondition(rule: EventRule, condition: Condition, meaning: FilterMeaning, values: SqlValues): string {
  switch (condition.is) {
    case 'selection':
      return `(${sqlOfSelection(rule.selections.get(condition.name) ?? [], meaning, values)}) IS TRUE`;
    case 'not':
      return `NOT (${sqlOfCondition(rule, condition.of, meaning, values)})`;
    case 'and':
    case 'or':
      return `(${condition.of.map((each) => sqlOfCondition(rule, each, meaning, values)).join(` ${condition.is.toUpperCase()} `)})`;
  }
}

function sqlOfSelection(selection: Selection, meaning: FilterMeaning, values: SqlValues): string {
  const any = selection.map(({ filter, same, patterns }) => {
    const predicates = predicatesOf(parseQuery(EventFilters, filter), meaning);
    const pairs = same.map(([field, other]) => `${textOfValue(field, values)} = ${textOfValue(other, values)}`);
    const texts = patterns.map((pattern) => sqlOfPattern(pattern, values));
    return ['true', ...conditionsThat(predicates, { scope: 'all' }, values), ...pairs, ...texts].join(' AND ');
  });
  return any.map((all) => `(${all})`).join(' OR ');
}

function isOutside({ from, to, days, timeZone }: WorkingHours, values: SqlValues): string {
  const local = `(occurred_at AT TIME ZONE ${values.place(timeZone)}::text)`;
  return `NOT (extract(isodow FROM ${local})::int = ANY (${values.place(days)}::int[])
    AND ${local}::time >= ${values.place(from)}::time AND ${local}::time < ${values.place(to)}::time)`;
}

const NAMING = ['type', 'action', 'category'] as const;

type Names = ReadonlyMap<(typeof NAMING)[number], ReadonlySet<unknown>>;

/**
 * Returns conditions on the type, the action and the category of events. An event that meets none of these conditions cannot match any
 * rule, so the query skips the event early. Returns `undefined` if a rule may match events of any type.
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

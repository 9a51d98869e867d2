import { conditionsThat } from '../../monitoring/read/query/filter-sql.js';
import { EventFilters } from '../../monitoring/read/query/event-query.dto.js';
import { parseQuery } from '../../monitoring/read/query/parse-query.js';
import { LEAVES_FIRST } from '../../monitoring/read/query/places/sealed-events.service.js';
import { predicatesOf, type FilterMeaning, type Predicate } from '../../monitoring/read/query/predicates.js';
import { SqlValues } from '../../monitoring/read/query/sql-values.js';
import { firstIdAt, timeOfId } from '../../monitoring/store/id-time.js';
import type { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import type { LedgerRow } from '../../monitoring/store/ledger-row.js';
import type { Match } from './correlate/correlate.js';
import { isCorrelation, type LinkedEventRule, type LinkedRule } from './rules/link-rules.js';
import type { Condition, EventRule, Selection, WorkingHours } from './rules/rule.js';
import { COUNTRY, textOfValue, sqlOfPattern } from './rules/rule-field.js';

/** The maximum number of sealed events to read at once. */
export const MOST_PLACES = 5_000;

/** A range of sequence numbers, including the last one. */
export interface PlaceRange {
  readonly first: number;
  readonly last: number;
}

/** The events around which a correlation counts. */
export interface Surroundings {
  /** The times between which the application recorded the events, in milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
  /** The last sequence number. */
  readonly last: number;
  /** The values that the fields of the group may have. */
  readonly wanted: readonly (readonly [string, readonly string[]])[];
}

/** Of more events around a match, only the newest count. */
const MOST_AROUND = 20_000;
const ALL = { scope: 'all' } as const;
const SETTINGS = { ...LEAVES_FIRST, max_parallel_workers_per_gather: '0' };

/** Reads the matches of all event rules in one pass over a range of sealed events, by sequence number. */
export class RuleEvaluator {
  private readonly rules: readonly LinkedEventRule[];
  private readonly text: string;
  private readonly values: readonly unknown[];

  /** @throws `AUDIT_QUERY_INVALID` for a rule with an action instead of an event type */
  constructor(
    private readonly reader: LedgerReader,
    rules: readonly LinkedRule[],
    private readonly meaning: FilterMeaning,
    private readonly countryOf?: (ip: string) => string | undefined,
  ) {
    this.rules = rules.filter((linked): linked is LinkedEventRule => !isCorrelation(linked));
    const values = new SqlValues();
    const [first, last] = [values.place(0), values.place(0)];
    const found = this.rules.map(
      (linked, index) =>
        `SELECT ${index} AS rule, ${this.textsOf(linked, values)} AS texts WHERE ${this.conditionOf(linked, values)}`,
    );
    const isNamed = this.isNamed(this.rules, values);
    this.text = `
      SELECT place, id, tenant_id, rule, texts
        FROM (SELECT index AS place, event_id FROM audit_leaf
               WHERE index BETWEEN ${first}::bigint AND ${last}::bigint ORDER BY index) AS sealed
        JOIN audit_event ON id = event_id AND (${isNamed})
        CROSS JOIN LATERAL (${found.join(' UNION ALL ')}) AS found
       ORDER BY place, rule`;
    this.values = values.list.slice(2);
  }

  /** Reads the matches in a range, by place. Rejects with the error of the PostgreSQL client. */
  async read({ first, last }: PlaceRange): Promise<readonly Match[]> {
    if (this.rules.length === 0 || last < first) return [];
    const rows = await this.reader.eventRows(ALL, this.text, [first, last, ...this.values], SETTINGS);
    return rows.flatMap((row) => {
      const linked = this.rules[Number(row.rule)];
      return linked ? [this.matchOf(linked, row)] : [];
    });
  }

  /** Reads the matches of a rule around new matches. A match whose value was erased is missing. Rejects like {@link read}. */
  async around(linked: LinkedEventRule, { from, until, last, wanted }: Surroundings): Promise<readonly Match[]> {
    const values = new SqlValues();
    const conditions = [
      `id >= ${values.place(firstIdAt(new Date(from)))}::uuid`,
      `id < ${values.place(firstIdAt(new Date(until + 1)))}::uuid`,
      `index <= ${values.place(last)}::bigint`,
      `(${this.isNamed([linked], values)})`,
      ...wanted
        .filter(([field]) => !this.isLocated(field))
        .map(([field, texts]) => `${textOfValue(field, values)} = ANY (${values.place(texts)}::text[])`),
      this.conditionOf(linked, values),
    ];
    const text = `
      SELECT index AS place, id, tenant_id, ${this.textsOf(linked, values)} AS texts
        FROM audit_event JOIN audit_leaf ON event_id = id
       WHERE ${conditions.join(' AND ')} ORDER BY id DESC LIMIT ${MOST_AROUND}`;
    const rows = await this.reader.eventRows(ALL, text, values.list, { jit: 'off' });
    return rows.map((row) => this.matchOf(linked, row));
  }

  private isNamed(rules: readonly LinkedEventRule[], values: SqlValues): string {
    const named = neededNames(rules, this.meaning);
    return named ? conditionsThat(named, ALL, values).join(' OR ') : 'true';
  }

  private conditionOf({ rule }: LinkedEventRule, values: SqlValues): string {
    const hours = rule.outsideHours ? ` AND ${isOutside(rule.outsideHours, values)}` : '';
    return `${sqlOfCondition(rule, rule.condition, this.meaning, values)}${hours}`;
  }

  private textsOf({ fields }: LinkedEventRule, values: SqlValues): string {
    const texts = fields.map((field) => (this.isLocated(field) ? 'host(ip)' : textOfValue(field, values)));
    return `ARRAY[${texts.join(', ')}]::text[]`;
  }

  private matchOf({ rule, fields }: LinkedEventRule, row: LedgerRow): Match {
    const texts = row.texts as readonly (string | null)[]; // the type of the column
    const id = String(row.id);
    const at = timeOfId(id).getTime();
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
    return ['true', ...conditionsThat(predicates, ALL, values), ...pairs, ...texts].join(' AND ');
  });
  return any.map((all) => `(${all})`).join(' OR ');
}

function isOutside({ from, to, days, timeZone }: WorkingHours, values: SqlValues): string {
  const local = `(occurred_at AT TIME ZONE ${values.place(timeZone)}::text)`;
  return `NOT (extract(isodow FROM ${local})::int = ANY (${values.place(days)}::int[])
    AND ${local}::time >= ${values.place(from)}::time AND ${local}::time < ${values.place(to)}::time)`;
}

const NAMING = ['type', 'action', 'category'];

/**
 * Returns conditions on the type, the action or the category of events, of which a match of the rules meets at least one. So the query skips other
 * events early, and can use an index. Returns `undefined` if a rule may match events of any type.
 */
export function neededNames(
  rules: readonly Pick<LinkedEventRule, 'rule'>[],
  meaning: FilterMeaning,
): readonly Predicate[] | undefined {
  return allOf(rules.map(({ rule }) => namesOf(rule, rule.condition, meaning)));
}

function namesOf(rule: EventRule, condition: Condition, meaning: FilterMeaning): readonly Predicate[] | undefined {
  switch (condition.is) {
    case 'selection': {
      const filters = (rule.selections.get(condition.name) ?? []).map(({ filter }) => parseQuery(EventFilters, filter));
      return allOf(filters.map((filter) => predicatesOf(filter, meaning).filter(isName).slice(0, 1)));
    }
    case 'not':
      return undefined;
    case 'and':
      return condition.of.map((each) => namesOf(rule, each, meaning)).find((names) => names !== undefined);
    case 'or':
      return allOf(condition.of.map((each) => namesOf(rule, each, meaning)));
  }
}

function isName(predicate: Predicate): boolean {
  if (predicate.on !== 'field' || predicate.isNot || !NAMING.includes(predicate.field)) return false;
  return predicate.anyOf.every(({ is }) => is === 'equal');
}

function allOf(parts: readonly (readonly Predicate[] | undefined)[]): readonly Predicate[] | undefined {
  return parts.every((part) => part !== undefined && part.length > 0) ? parts.flatMap((part) => part ?? []) : undefined;
}

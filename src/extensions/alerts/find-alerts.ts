import type { FilterMeaning } from '../../monitoring/read/query/predicates.js';
import { SqlValues } from '../../monitoring/read/query/sql-values.js';
import { LEAVES_FIRST } from '../../monitoring/read/query/position/sealed-events.service.js';
import { parseIdTime } from '../../monitoring/store/id-time.js';
import type { LedgerReader } from '../../monitoring/store/ledger-reader.service.js';
import type { LedgerRow } from '../../monitoring/store/ledger-row.js';
import { AlertSql, getReach, type IndexRange, type NewMatches, type Statement } from './alert-sql.js';
import { MatchSql } from './match-sql.js';
import type { CountedEvents, LinkedRule } from './rules/link-rules.js';
import type { EventRule } from './rules/rule.js';

/** An alert to raise. */
export interface FoundAlert {
  readonly rule: LinkedRule['rule'];
  readonly tenantId: string | null;
  /** The values of the rule's `group-by`, in its order. */
  readonly group: readonly string[];
  /** The ids of the last {@link MAX_MATCHED_IDS} matched events, the oldest first. */
  readonly ids: readonly string[];
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** New matches of one event rule whose fields have the same texts. */
interface NewGroup {
  readonly from: number;
  readonly until: number;
  readonly texts: Readonly<Record<string, string | null>>;
}

/** Finds the alerts of the rules in new events. Nothing is stored between two calls, and no alert is read. */
export class AlertFinder {
  private readonly eventRules: readonly { readonly rule: EventRule; readonly fields: readonly string[] }[];

  /** @throws `AUDIT_QUERY_INVALID` for a rule with an action instead of an event type */
  constructor(
    private readonly reader: Pick<LedgerReader, 'sealedRows'>,
    private readonly rules: readonly LinkedRule[],
    private readonly meaning: FilterMeaning,
  ) {
    const all = rules.flatMap(listCounted);
    this.eventRules = [...new Set(all.map(({ rule }) => rule))].map((rule) => {
      const groups = all.filter((events) => events.rule === rule).flatMap(({ group }) => group);
      return { rule, fields: [...new Set(groups)] };
    });
    const matches = new MatchSql(new SqlValues(), meaning);
    for (const { rule } of this.eventRules) matches.condition(rule); // throws
  }

  /**
   * Returns the alerts that belong to the events of an index range, or that these events complete.
   *
   * @throws `AUDIT_LEDGER_UNAVAILABLE`, `AUDIT_QUERY_TOO_SLOW`
   */
  async find(range: IndexRange): Promise<readonly FoundAlert[]> {
    const found = await this.findNew(range);
    const alerts: FoundAlert[] = [];
    for (const linked of this.rules) {
      for (const fresh of splitByTime(linked, found)) alerts.push(...(await this.findAlerts(linked, range, fresh)));
    }
    return alerts;
  }

  /** Finds the new matches of all event rules in one pass over the new events. */
  private async findNew({ first, last }: IndexRange): Promise<ReadonlyMap<EventRule, readonly NewGroup[]>> {
    const found = new Map<EventRule, NewGroup[]>();
    if (this.eventRules.length === 0 || last < first) return found;
    const values = new SqlValues();
    const matches = new MatchSql(values, this.meaning);
    const range = `${values.bind(first)}::bigint AND ${values.bind(last)}::bigint`;
    const matched = this.eventRules.map(({ rule, fields }, nth) => {
      const texts = fields.map((field) => matches.text(field)).join(', ');
      return `SELECT ${nth} AS rule, ARRAY[${texts}]::text[] AS texts WHERE ${matches.condition(rule)}`;
    });
    const text = `
      SELECT rule, texts, min(id::text) AS first_id, max(id::text) AS last_id
        FROM (SELECT event_id FROM audit_leaf WHERE index BETWEEN ${range}) AS new
        JOIN audit_event ON id = event_id AND ${matches.nameCondition(this.eventRules.map(({ rule }) => rule))}
       CROSS JOIN LATERAL (${matched.join(' UNION ALL ')}) AS matched
       GROUP BY 1, 2`;
    for (const row of await this.rows({ text, values: values.list })) {
      const { rule, fields } = this.eventRules[Number(row.rule)] ?? {};
      if (!rule || !fields) continue;
      const texts = row.texts as readonly (string | null)[]; // the column's type
      const group = {
        from: parseIdTime(String(row.first_id)).getTime(),
        until: parseIdTime(String(row.last_id)).getTime(),
        texts: Object.fromEntries(fields.map((field, nth) => [field, texts[nth] ?? null])),
      };
      found.set(rule, [...(found.get(rule) ?? []), group]);
    }
    return found;
  }

  private async findAlerts(linked: LinkedRule, range: IndexRange, fresh: NewMatches): Promise<readonly FoundAlert[]> {
    const sqlFor = (matches: NewMatches) => new AlertSql(linked, range, matches, this.meaning);
    let matches = fresh;
    if (linked.kind === 'sequence') {
      const rows = await this.rows(sqlFor(fresh).selectEndedGroups(linked));
      const groups = rows.map(({ grp }) => grp as readonly string[]); // the column's type
      if (groups.length === 0) return [];
      matches = { ...fresh, values: fresh.values.map((_, nth) => groups.flatMap((group) => group[nth] ?? [])) };
    }
    return (await this.rows(sqlFor(matches).selectAlerts())).map((row) => toAlert(linked, row));
  }

  private async rows({ text, values }: Statement): Promise<readonly LedgerRow[]> {
    return this.reader.sealedRows(text, values, LEAVES_FIRST);
  }
}

/** Lists the event rules that a rule counts. */
function listCounted(linked: LinkedRule): readonly CountedEvents[] {
  if (linked.kind === 'event') return [linked.events];
  if (linked.kind === 'count') return linked.count.parts;
  return [...('parts' in linked.first ? linked.first.parts : [linked.first]), linked.second];
}

/**
 * Returns the new matches of a rule. Matches between which no event can count for both are apart, so that an event of last month makes no statement read
 * the whole month.
 */
function splitByTime(linked: LinkedRule, found: ReadonlyMap<EventRule, readonly NewGroup[]>): readonly NewMatches[] {
  const { before, after } = getReach(linked);
  const groups = listCounted(linked).flatMap(({ rule, group }) =>
    (found.get(rule) ?? []).flatMap(({ from, until, texts }) => {
      const values = group.flatMap((field) => texts[field] ?? []);
      return values.length === group.length ? [{ from, until, values }] : []; // a match without a value of the group does not count
    }),
  );
  const spans: { from: number; until: number; values: string[][] }[] = [];
  for (const { from, until, values } of groups.toSorted((one, other) => one.from - other.from)) {
    let span = spans.at(-1);
    if (!span || from - before > span.until + after) spans.push((span = { from, until, values: values.map(() => []) }));
    span.until = Math.max(span.until, until);
    values.forEach((value, nth) => span.values[nth]?.push(value));
  }
  return spans.map(({ values, ...span }) => ({ ...span, values: values.map((each) => [...new Set(each)]) }));
}

function toAlert({ rule }: LinkedRule, row: LedgerRow): FoundAlert {
  return {
    rule,
    tenantId: typeof row.tenant === 'string' ? row.tenant : null,
    group: row.grp as readonly string[], // the column's type
    ids: row.ids as readonly string[], // the same
    count: Number(row.count),
    firstAt: new Date(Number(row.from_ms)),
    lastAt: new Date(Number(row.to_ms)),
  };
}

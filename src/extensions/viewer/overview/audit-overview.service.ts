import { Inject, Injectable } from '@nestjs/common';
import { Catalogue } from '../../../audit/nest-free.js';
import type { LedgerAccess } from '../../../monitoring/read/access/ledger-access.js';
import { parseIdTime } from '../../../monitoring/store/id-time.js';
import { LedgerReader } from '../../../monitoring/store/ledger-reader.service.js';
import { ArchivedEvents } from '../../../monitoring/read/query/archived/archived-events.service.js';
import { getComplianceTags } from '../../../monitoring/read/query/ledger-event.js';
import {
  INDEX_ORDER_SETTINGS,
  selectEvents,
  undefinedIfTooSlow,
} from '../../../monitoring/read/query/access-source.js';
import { buildConditions } from '../../../monitoring/read/query/filter-sql.js';
import { parseQuery } from '../../../monitoring/read/query/parse-query.js';
import { SqlValues } from '../../../monitoring/read/query/sql-values.js';
import type { StatsBy } from '../../../monitoring/read/query/stats-query.dto.js';
import { resolveRange, type TimeRange } from '../../../monitoring/read/query/time-range.js';
import {
  countOverview,
  toOverviewCounts,
  type CountedEvents,
  type CountedGroup,
  type OverviewCounts,
  addGroupNames,
  BLOCKS_WITHIN,
  computeMargin,
  type DrawnBlocks,
} from './count-overview.js';
import { OverviewQuery, type EventOverview } from './overview.dto.js';
import { chooseSteps, type TimeSteps } from './time-steps.js';
import { TIMING } from '../../../monitoring/store/timing.js';
import { readErrors } from '../../../monitoring/errors/read.errors.js';

const FAST_QUERY = { cost: 30_000, ms: 400 };
/** Above this estimated cost, an exact count would time out. */
const MAX_QUERY_COST = 400_000;
const FIRST_BLOCKS = 1_000;
/** The second sample is read if too few events match in the first sample. */
const LARGER_SAMPLE = { blocks: 8_000, ms: 250 };
/** If fewer events of the sample match, the counts for each group and each time step are too uncertain. */
const SUFFICIENT_SAMPLE = 400;
/** With fewer matching events, the total is too uncertain. An exact count may then be fast, because PostgreSQL may use an index. */
const MIN_SAMPLE = 30;

/** A fitted range is at least this long, so that the chart of one event has an axis. */
const MIN_RANGE_MS = 60_000;

const SETTINGS = { jit: 'off', work_mem: '64MB' };

/** Counts the events that a caller may see. If an exact count takes too long, the counts are estimated from a sample of the table. */
@Injectable()
export class AuditOverview {
  constructor(
    @Inject(LedgerReader) private readonly reader: LedgerReader,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
    @Inject(ArchivedEvents) private readonly archived: ArchivedEvents,
  ) {}

  /**
   * Counts the events that `access` allows and every filter matches. The default range is the last 30 days. A call takes about two seconds at
   * most.
   *
   * @throws `AUDIT_QUERY_INVALID`, `AUDIT_LEDGER_UNAVAILABLE`
   */
  async overview(access: LedgerAccess, query: Partial<OverviewQuery> = {}): Promise<EventOverview> {
    const requested = parseQuery(OverviewQuery, query);
    const range =
      (requested.fit === true ? await this.fittedRange(access, requested) : undefined) ?? resolveRange(requested);
    const steps = chooseSteps(range.from.getTime(), range.to.getTime(), requested.steps, requested.timeZone);
    if (!steps) throw readErrors.AUDIT_QUERY_INVALID(['steps must be greater: the range has more years than steps']);
    const counted = { access, query: Object.assign(new OverviewQuery(), requested, range), starts: steps.starts };
    const found = await this.count(counted, range);
    const months = await this.archived.monthsWithin(range);
    const overview = this.toOverview(
      requested,
      range,
      steps,
      requested.names === true ? await this.named(access, requested, found) : found,
    );
    return months ? { ...overview, archived: { included: false, months } } : overview;
  }

  /** Returns the range from the first to the last matching event; `undefined` if no event matches, or the search takes too long. */
  private async fittedRange(access: LedgerAccess, query: OverviewQuery): Promise<TimeRange | undefined> {
    const first = await this.resolveEnd(access, query, 'ASC');
    const last = first && (await this.resolveEnd(access, query, 'DESC'));
    if (!first || !last) return undefined;
    const to = last.getTime() + 1;
    return { from: new Date(Math.min(first.getTime(), to - MIN_RANGE_MS)), to: new Date(to) };
  }

  private async resolveEnd(
    access: LedgerAccess,
    query: OverviewQuery,
    order: 'ASC' | 'DESC',
  ): Promise<Date | undefined> {
    const values = new SqlValues();
    const conditions = buildConditions(query, { access, values, meaning: this.catalogue });
    const text = selectEvents({ access, columns: 'id', conditions, tail: `ORDER BY id ${order} LIMIT 1` }, values);
    const settings = { ...INDEX_ORDER_SETTINGS, statement_timeout: String(FAST_QUERY.ms) };
    const rows = await this.reader.eventRows(access, text, values.list, settings).catch(undefinedIfTooSlow);
    return rows?.[0] && parseIdTime(String(rows[0].id));
  }

  private async named(access: LedgerAccess, { by }: OverviewQuery, found: Found): Promise<Found> {
    if (!found.counts) return found;
    const names = [by].flat();
    const groups = await addGroupNames(this.reader, access, names, found.counts.groups);
    return { ...found, counts: { ...found.counts, groups } };
  }

  private async count(counted: CountedEvents, range: TimeRange): Promise<Found> {
    const endsAt = performance.now() + TIMING.overviewMs;
    const cost = await this.estimateCost(counted);
    const quick = cost <= FAST_QUERY.cost ? await this.within(performance.now() + FAST_QUERY.ms, counted) : undefined;
    if (quick) return { counts: quick };
    const sampled = await this.sample(endsAt, counted, range);
    if (!sampled.drawn || (sampled.counts?.total ?? 0) >= MIN_SAMPLE) return sampled;
    const whole = !sampled.isSlow && cost <= MAX_QUERY_COST ? await this.within(endsAt, counted) : undefined;
    return whole ? { counts: whole } : sampled;
  }

  private async sample(endsAt: number, counted: CountedEvents, { from, to }: TimeRange): Promise<Found> {
    const seconds = [from, to].map((time) => time.getTime() / 1_000);
    const [found] = await this.reader.rows(BLOCKS_WITHIN, seconds, 'audit_blocks_within');
    const [near, blocks] = [Number(found?.near), Number(found?.read)];
    const read = async (max: number, until: number): Promise<Found> => {
      if (near <= max) return { counts: await this.within(until, counted) };
      const share = max / near;
      const counts = await this.within(until, { ...counted, percent: share * 100 });
      return { counts, drawn: { blocks, drawn: blocks * share } };
    };
    const first = await read(FIRST_BLOCKS, endsAt);
    if (!first.drawn || !first.counts || first.counts.total >= SUFFICIENT_SAMPLE) return first;
    const more = await read(LARGER_SAMPLE.blocks, Math.min(performance.now() + LARGER_SAMPLE.ms, endsAt));
    return more.counts ? more : { ...first, isSlow: true };
  }

  private async within(endsAt: number, counted: CountedEvents): Promise<OverviewCounts | undefined> {
    const leftMs = Math.floor(endsAt - performance.now());
    if (leftMs <= 0) return undefined;
    const { text, values } = countOverview(counted, this.catalogue);
    const settings = { ...SETTINGS, statement_timeout: String(leftMs) };
    const rows = await this.reader.eventRows(counted.access, text, values, settings).catch(undefinedIfTooSlow);
    return rows && toOverviewCounts(rows, counted);
  }

  private async estimateCost(counted: CountedEvents): Promise<number> {
    const { text, values } = countOverview(counted, this.catalogue);
    const [row] = await this.reader.eventRows(counted.access, `EXPLAIN (FORMAT JSON) ${text}`, values, SETTINGS);
    const plans = row?.['QUERY PLAN'] as readonly { readonly Plan?: { readonly 'Total Cost'?: number } }[] | undefined; // the format of EXPLAIN
    return plans?.[0]?.Plan?.['Total Cost'] ?? 0;
  }

  private toOverview(
    query: OverviewQuery,
    { from, to }: TimeRange,
    { step, starts }: TimeSteps,
    { counts, drawn }: Found,
  ): EventOverview {
    const { total, squares, groups, steps } = counts ?? { total: 0, squares: 0, groups: [], steps: [] };
    const share = drawn ? drawn.drawn / drawn.blocks : 1;
    const scaled = (count: number): number => Math.round(count / share);
    const perEvent = total === 0 ? 1 : squares / total; // estimates the sum of squares of a group from the count of the group
    const marginFor = (count: number) => (drawn ? { margin: computeMargin(count, count * perEvent, drawn) } : {});
    const ends = [...starts.slice(1), to.getTime()];
    const countsBy = (name: StatsBy, nth: number): EventOverview['counts'][string] => {
      const all = name === 'compliance' ? this.byTag(groups[nth] ?? []) : (groups[nth] ?? []);
      const shown = all.slice(0, query.groups);
      return {
        groups: shown.map((group) => ({ ...group, count: scaled(group.count), ...marginFor(group.count) })),
        others: scaled((name === 'compliance' ? sumCounts(all) : total) - sumCounts(shown)),
      };
    };
    return {
      from: from.toISOString(),
      to: to.toISOString(),
      total: scaled(total),
      ...(!counts && { estimate: { sampled: 0, share: 0, margin: 0 } }),
      ...(counts && drawn && { estimate: { sampled: total, share, margin: computeMargin(total, squares, drawn) } }),
      histogram: {
        timeZone: query.timeZone,
        step,
        steps: starts.map((start, nth) => {
          const outcomes = [...(steps[nth] ?? [])].map(([outcome, count]) => [outcome, scaled(count)] as const);
          return {
            start: new Date(start).toISOString(),
            end: new Date(ends[nth] ?? start).toISOString(),
            count: outcomes.reduce((sum, [, count]) => sum + count, 0),
            outcomes: Object.fromEntries(outcomes),
          };
        }),
      },
      counts: Object.fromEntries([query.by].flat().map((name, nth) => [name, countsBy(name, nth)])),
    };
  }

  private byTag(actions: readonly CountedGroup[]): readonly CountedGroup[] {
    const tags = getComplianceTags(this.catalogue);
    const counts = new Map<string | null, number>();
    for (const { value, count } of actions) {
      for (const tag of tags.get(value ?? '') ?? [null]) counts.set(tag, (counts.get(tag) ?? 0) + count);
    }
    return [...counts].map(([value, count]) => ({ value, count })).toSorted((one, other) => other.count - one.count);
  }
}

interface Found {
  /** `undefined` if counting took too long. */
  readonly counts: OverviewCounts | undefined;
  /** The sampled blocks; absent if everything was counted. */
  readonly drawn?: DrawnBlocks;
  /** Whether the second sample took too long. An exact count would then also take too long. */
  readonly isSlow?: boolean;
}

function sumCounts(groups: readonly CountedGroup[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}

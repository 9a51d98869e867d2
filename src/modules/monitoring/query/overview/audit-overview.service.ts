import { Inject, Injectable } from '@nestjs/common';
import { Catalogue } from '../../../../audit/plain.js';
import type { LedgerAccess } from '../../access/ledger-access.js';
import { LedgerReader } from '../../store/ledger-reader.service.js';
import { QueryTooSlowError } from '../../store/sessions/query-too-slow.error.js';
import { ArchivedEvents } from '../archived/archived-events.service.js';
import { complianceTagsOf } from '../compliance-tags.js';
import { conditionsOf } from '../filter-sql.js';
import { InvalidQueryError } from '../invalid-query.error.js';
import { parseQuery } from '../parse-query.js';
import { rangeOf } from '../time-range.js';
import { SqlValues } from '../sql-values.js';
import {
  countOverview,
  overviewCountsOf,
  type CountedEvents,
  type CountedGroup,
  type OverviewCounts,
} from './count-overview.js';
import { OverviewQuery } from './overview-query.dto.js';
import { blocksWithin, drawnWithin, marginOf, TABLE_PARTS, tablePartOf, type DrawnBlocks } from './overview-sample.js';
import { stepsWithin, type TimeSteps } from './time-steps.js';
import { TIMING } from '../../store/timing.js';
import type { OverviewEstimate, EventOverview } from './event-overview.dto.js';

/** The planner's cost of a count that takes a tenth of a second or two, and the time-out of such a count. */
const QUICK = { cost: 30_000, ms: 400 };
/** The planner's cost above which a count would hardly end in time, and is not begun. */
const HOPELESS_COST = 400_000;
const FIRST_BLOCKS = 1_000;
/** Reading a block takes less time than counting its events: if few events match, more blocks are read. */
const MORE = { blocks: 8_000, ms: 250 };
/** With fewer sampled events, their groups and steps are too uncertain. */
const ENOUGH_SAMPLED = 400;
/** With fewer sampled events, the total is too uncertain too, and an index may find all of them. */
const FEWEST_SAMPLED = 30;

const SETTINGS = { jit: 'off', work_mem: '64MB' };

/** Counts events for somebody: exactly if that is quick, otherwise from a sample of the table. */
@Injectable()
export class AuditOverview {
  constructor(
    @Inject(LedgerReader) private readonly reader: LedgerReader,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
    @Inject(ArchivedEvents) private readonly archived: ArchivedEvents,
  ) {}

  /**
   * Counts the events that `access` allows and that match every given filter; by default, those of the last 30 days. Takes about two
   * seconds at most.
   *
   * @throws InvalidQueryError (`AUDIT_QUERY_INVALID`), LedgerUnavailableError (`AUDIT_LEDGER_UNAVAILABLE`)
   */
  async overview(access: LedgerAccess, query: Partial<OverviewQuery> = {}): Promise<EventOverview> {
    const asked = parseQuery(OverviewQuery, query);
    const { from, to } = rangeOf(asked);
    const steps = stepsWithin(from.getTime(), to.getTime(), asked.steps, asked.timeZone);
    if (!steps) throw InvalidQueryError.create(['steps must be more: from and to are more years apart than that']);
    const ranged = Object.assign(new OverviewQuery(), asked, { from, to });
    const found = await this.count(access, ranged, steps);
    const months = await this.archived.monthsWithin({ from, to });
    const overview = this.overviewOf(ranged, steps, found, { from, to });
    return months ? { ...overview, archived: { included: false, months } } : overview;
  }

  /** Counts exactly if that is quick, else from a sample, and exactly again if the sample has too few matching events. */
  private async count(access: LedgerAccess, query: OverviewQuery, { starts }: TimeSteps): Promise<Found> {
    const endsAt = performance.now() + TIMING.overviewMs;
    const counted = { access, by: [query.by].flat(), groups: query.groups, starts };
    const cost = await this.costOf(counted, query);
    const quick = cost <= QUICK.cost ? await this.within(performance.now() + QUICK.ms, counted, query) : undefined;
    if (quick) return { counts: quick };
    const sampled = await this.sample(endsAt, counted, query);
    if (!sampled.drawn || (sampled.counts?.total ?? 0) >= FEWEST_SAMPLED) return sampled;
    const whole = !sampled.isSlow && cost <= HOPELESS_COST ? await this.within(endsAt, counted, query) : undefined;
    return whole ? { counts: whole } : sampled;
  }

  /** Samples more blocks if the first have few events. If the table has no more blocks, it counts all events. */
  private async sample(endsAt: number, counted: Counted, query: OverviewQuery): Promise<Found> {
    const parts = (await this.reader.rows(TABLE_PARTS, [], 'audit_table_parts')).map(tablePartOf);
    const range = { from: Number(query.from), to: Number(query.to), now: Date.now() };
    const blocks = blocksWithin(parts, range.from, range.to, range.now);
    const read = async (most: number, until: number): Promise<Found> => {
      if (blocks <= most) return { counts: await this.within(until, counted, query) };
      const percent = (most / blocks) * 100;
      const counts = await this.within(until, { ...counted, percent }, query);
      return { counts, drawn: drawnWithin(parts, range, percent) };
    };
    const first = await read(FIRST_BLOCKS, endsAt);
    if (!first.drawn || !first.counts || first.counts.total >= ENOUGH_SAMPLED) return first;
    const more = await read(MORE.blocks, Math.min(performance.now() + MORE.ms, endsAt));
    return more.counts ? more : { ...first, isSlow: true };
  }

  /** Counts within the time left; `undefined` if it takes too long. */
  private async within(endsAt: number, counted: Counted, query: OverviewQuery): Promise<OverviewCounts | undefined> {
    const leftMs = Math.floor(endsAt - performance.now());
    if (leftMs <= 0) return undefined;
    const { text, values, whole } = this.statement(counted, query);
    try {
      const rows = await this.reader.eventRows(counted.access, text, values, {
        ...SETTINGS,
        statement_timeout: String(leftMs),
      });
      return overviewCountsOf(rows, whole);
    } catch (error) {
      if (error instanceof QueryTooSlowError) return undefined;
      throw error;
    }
  }

  private async costOf(counted: Counted, query: OverviewQuery): Promise<number> {
    const { text, values } = this.statement(counted, query);
    const [row] = await this.reader.eventRows(counted.access, `EXPLAIN (FORMAT JSON) ${text}`, values, SETTINGS);
    const plans = row?.['QUERY PLAN'] as readonly { readonly Plan?: { readonly 'Total Cost'?: number } }[] | undefined; // of PostgreSQL
    return plans?.[0]?.Plan?.['Total Cost'] ?? 0;
  }

  private statement(
    counted: Counted,
    query: OverviewQuery,
  ): { readonly text: string; readonly values: readonly unknown[]; readonly whole: CountedEvents } {
    const values = new SqlValues();
    const conditions = conditionsOf(query, { access: counted.access, values, meaning: this.catalogue });
    const whole = { ...counted, conditions };
    return { text: countOverview(whole, values), values: values.list, whole };
  }

  private overviewOf(
    query: OverviewQuery,
    { step, starts }: TimeSteps,
    { counts, drawn }: Found,
    { from, to }: { readonly from: Date; readonly to: Date },
  ): EventOverview {
    const { total, squares, groups, steps } = counts ?? { total: 0, squares: 0, groups: [], steps: [] };
    const share = drawn ? drawn.drawn / drawn.blocks : 1;
    const scaled = (count: number): number => Math.round(count / share);
    const perEvent = total === 0 ? 1 : squares / total; // how much more a block weighs than an event: at most as if all were counted
    const marginFor = (count: number) => (drawn ? { margin: marginOf(count, count * perEvent, drawn) } : {});
    const ends = [...starts.slice(1), to.getTime()];
    const by = [query.by].flat();
    return {
      from: from.toISOString(),
      to: to.toISOString(),
      total: scaled(total),
      ...(drawn || !counts ? { estimate: estimateOf(counts, drawn) } : {}),
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
      counts: Object.fromEntries(
        by.map((name, nth) => {
          const all = name === 'compliance' ? this.byTag(groups[nth] ?? []) : (groups[nth] ?? []);
          const shown = all.slice(0, query.groups);
          const others = (name === 'compliance' ? sumOf(all) : total) - sumOf(shown);
          return [
            name,
            {
              groups: shown.map((group) => ({ ...group, count: scaled(group.count), ...marginFor(group.count) })),
              others: scaled(others),
            },
          ];
        }),
      ),
    };
  }

  /** Counts each event for every tag of its action. */
  private byTag(actions: readonly CountedGroup[]): readonly CountedGroup[] {
    const tags = complianceTagsOf(this.catalogue);
    const counts = new Map<string | null, number>();
    for (const { value, count } of actions) {
      for (const tag of tags.get(value ?? '') ?? [null]) counts.set(tag, (counts.get(tag) ?? 0) + count);
    }
    return [...counts].map(([value, count]) => ({ value, count })).toSorted((one, other) => other.count - one.count);
  }
}

type Counted = Omit<CountedEvents, 'conditions'>;

interface Found {
  /** `undefined` if counting took too long. */
  readonly counts: OverviewCounts | undefined;
  /** The sampled blocks; absent if everything was counted. */
  readonly drawn?: DrawnBlocks;
  /** Whether reading more blocks took too long, as counting everything would. */
  readonly isSlow?: boolean;
}

function estimateOf(counts: OverviewCounts | undefined, drawn: DrawnBlocks | undefined): OverviewEstimate {
  if (!counts || !drawn) return { sampled: 0, share: 0, margin: 0 };
  const { total, squares } = counts;
  return { sampled: total, share: drawn.drawn / drawn.blocks, margin: marginOf(total, squares, drawn) };
}

function sumOf(groups: readonly CountedGroup[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}

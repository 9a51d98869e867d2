import { Inject, Injectable } from '@nestjs/common';
import { Catalogue } from '../../../../audit/index.js';
import type { LedgerAccess } from '../../access/ledger-access.js';
import { LedgerReader } from '../../store/ledger-reader.service.js';
import { QueryTooSlowError } from '../../store/query-too-slow.error.js';
import { ArchivedEvents } from '../archived/archived-events.service.js';
import type { ArchivedNote } from '../archived/archived-note.js';
import { complianceTagsOf } from '../compliance-tags.js';
import { conditionsOf } from '../event-filter.js';
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
import { blocksWithin, marginOf, TABLE_PARTS, tablePartOf } from './overview-sample.js';
import { stepsWithin, type StepName, type TimeSteps } from './time-steps.js';

/** How an overview was estimated. */
export interface OverviewEstimate {
  /** How many events were counted for it; 0 where even that took too long. */
  readonly sampled: number;
  /** The share of the table's blocks that was read, from 0 to 1. */
  readonly share: number;
  /** Of `total`: it is that near with 95 % confidence. */
  readonly margin: number;
}

/** The events of one group. */
export interface OverviewGroup extends CountedGroup {
  /** Of an estimate: `count` is that near with 95 % confidence. */
  readonly margin?: number;
}

/** The events of one step of time. */
export interface OverviewStep {
  /** RFC 3339, UTC; inclusive. */
  readonly start: string;
  /** Exclusive. */
  readonly end: string;
  readonly count: number;
  /** How many have each outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
}

/** Counts of events by several fields, and over time. */
export interface EventOverview {
  /** RFC 3339, UTC; inclusive. */
  readonly from: string;
  /** Exclusive. */
  readonly to: string;
  readonly total: number;
  /** Absent: every number is exact. */
  readonly estimate?: OverviewEstimate;
  readonly histogram: {
    readonly timeZone: string;
    readonly step: StepName;
    /** The oldest first, also those without events. */
    readonly steps: readonly OverviewStep[];
  };
  readonly counts: Readonly<Record<string, { readonly groups: readonly OverviewGroup[]; readonly others: number }>>;
  /** Where events of the range were retired, and so are not counted. */
  readonly archived?: Pick<ArchivedNote, 'included' | 'months'>;
}

const BUDGET_MS = 2_000;
/** Of that, what a sample gets where an exact count took too long. */
const SAMPLE_MS = 800;
/** What PostgreSQL expects of a count that takes a tenth of a second or two. */
const MOST_COST = 30_000;
const SAMPLED_BLOCKS = 2_000;
/** Fewer say little, and an index may find all of them. */
const FEWEST_SAMPLED = 200;

const SETTINGS = { jit: 'off', work_mem: '64MB' };

/** Counts events for somebody, exactly where that is quick, and from a sample of the table otherwise. */
@Injectable()
export class AuditOverview {
  constructor(
    @Inject(LedgerReader) private readonly reader: LedgerReader,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
    @Inject(ArchivedEvents) private readonly archived: ArchivedEvents,
  ) {}

  /**
   * How many events `access` is for and every given filter holds for: of the last 30 days, unless the query says otherwise. Takes some
   * two seconds at most.
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

  /** Exact if that is quick; else sampled; and exact again where a sample has too few of what is looked for. */
  private async count(access: LedgerAccess, query: OverviewQuery, { starts }: TimeSteps): Promise<Found> {
    const endsAt = performance.now() + BUDGET_MS;
    const counted = { access, by: [query.by].flat(), groups: query.groups, starts };
    const isQuick = (await this.costOf(counted, query)) <= MOST_COST;
    const exact = isQuick ? await this.within(endsAt - SAMPLE_MS, counted, query) : undefined;
    if (exact) return { counts: exact };
    const share = await this.shareOf(query);
    const sampled = await this.within(endsAt, { ...counted, percent: share * 100 }, query);
    if (sampled && (sampled.total >= FEWEST_SAMPLED || isQuick)) return { counts: sampled, share };
    const whole = isQuick ? undefined : await this.within(endsAt, counted, query);
    return whole ? { counts: whole } : { counts: sampled, share };
  }

  /** `undefined` where it takes too long. */
  private async within(
    endsAt: number,
    counted: Omit<CountedEvents, 'conditions'>,
    query: OverviewQuery,
  ): Promise<OverviewCounts | undefined> {
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

  private async costOf(counted: Omit<CountedEvents, 'conditions'>, query: OverviewQuery): Promise<number> {
    const { text, values } = this.statement(counted, query);
    const [row] = await this.reader.eventRows(counted.access, `EXPLAIN (FORMAT JSON) ${text}`, values, SETTINGS);
    const plans = row?.['QUERY PLAN'] as readonly { readonly Plan?: { readonly 'Total Cost'?: number } }[] | undefined; // of PostgreSQL
    return plans?.[0]?.Plan?.['Total Cost'] ?? 0;
  }

  private statement(
    counted: Omit<CountedEvents, 'conditions'>,
    query: OverviewQuery,
  ): { readonly text: string; readonly values: readonly unknown[]; readonly whole: CountedEvents } {
    const values = new SqlValues();
    const conditions = conditionsOf(query, { access: counted.access, values, meaning: this.catalogue });
    const whole = { ...counted, conditions };
    return { text: countOverview(whole, values), values: values.list, whole };
  }

  /** The share of the table to sample, so that about as many blocks as planned are of the range of time. */
  private async shareOf({ from, to }: OverviewQuery): Promise<number> {
    const parts = (await this.reader.rows(TABLE_PARTS, [], 'audit_table_parts')).map(tablePartOf);
    const blocks = blocksWithin(parts, Number(from), Number(to), Date.now());
    return Math.min(SAMPLED_BLOCKS / Math.max(blocks, 1), 1);
  }

  private overviewOf(
    query: OverviewQuery,
    { step, starts }: TimeSteps,
    { counts, share = 1 }: Found,
    { from, to }: { readonly from: Date; readonly to: Date },
  ): EventOverview {
    const { total, squares, groups, steps } = counts ?? { total: 0, squares: 0, groups: [], steps: [] };
    const scaled = (count: number): number => Math.round(count / share);
    const perEvent = total === 0 ? 1 : squares / total; // how much more a block says than an event: at most that of all
    const marginFor = (count: number) => (share < 1 ? { margin: marginOf(count * perEvent, share) } : {});
    const ends = [...starts.slice(1), to.getTime()];
    const by = [query.by].flat();
    return {
      from: from.toISOString(),
      to: to.toISOString(),
      total: scaled(total),
      ...(share < 1 || !counts ? { estimate: { sampled: total, share, margin: marginOf(squares, share) } } : {}),
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

  /** An event counts for each tag of its action. */
  private byTag(actions: readonly CountedGroup[]): readonly CountedGroup[] {
    const tags = complianceTagsOf(this.catalogue);
    const counts = new Map<string | null, number>();
    for (const { value, count } of actions) {
      for (const tag of tags.get(value ?? '') ?? [null]) counts.set(tag, (counts.get(tag) ?? 0) + count);
    }
    return [...counts].map(([value, count]) => ({ value, count })).toSorted((one, other) => other.count - one.count);
  }
}

interface Found {
  /** `undefined`: counting took too long. */
  readonly counts: OverviewCounts | undefined;
  /** Absent: everything was counted. */
  readonly share?: number;
}

function sumOf(groups: readonly CountedGroup[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}

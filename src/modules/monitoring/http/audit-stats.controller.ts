import { Controller, Get, Inject, Query, UseFilters, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { DescribesLedger } from '../access/describes-refusals.decorator.js';
import { OVERVIEW, STATS } from './examples/event-examples.js';
import type { LedgerAccess } from '../access/ledger-access.js';
import { LEDGER_READS } from '../access/ledger-reads.js';
import { AuditQuery } from '../query/audit-query.service.js';
import type { EventStats } from '../query/count-events.js';
import { AuditOverview, type EventOverview } from '../query/overview/audit-overview.service.js';
import { OverviewQuery } from '../query/overview/overview-query.dto.js';
import { StatsQuery } from '../query/stats-query.dto.js';
import { DescribesFilters } from './describes-page.decorator.js';
import { InvalidQueryFilter } from './invalid-query.filter.js';
import { Access, LedgerAccessGuard } from './ledger-access.guard.js';
import { ShowsAsOf } from './as-of.interceptor.js';
import { LedgerUnavailableFilter } from './ledger-unavailable.filter.js';
import { EventOverviewView } from './overview.dto.js';
import { QueryPipe, type Unseen } from './query.pipe.js';
import { AuditedRead, noteRead } from './record-read.js';
import { givenIn } from './show-page.js';
import { EventStatsView } from './stats.dto.js';

/** Counts of events. */
@DescribesLedger()
@Controller('audit/stats')
@UseGuards(LedgerAccessGuard)
@ShowsAsOf()
@UseFilters(LedgerUnavailableFilter, InvalidQueryFilter)
@AuditedRead(LEDGER_READS.viewed)
export class AuditStatsController {
  constructor(
    @Inject(AuditQuery) private readonly ledger: AuditQuery,
    @Inject(AuditOverview) private readonly overviews: AuditOverview,
  ) {}

  /** How many events there are by type, outcome, actor and so on, in steps of time (UTC): of the last 30 days by default. */
  @Get()
  @ApiOperation({ summary: 'Count events by a field' })
  @DescribesFilters(StatsQuery)
  @ApiOkResponse({ type: EventStatsView, example: STATS })
  async count(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(StatsQuery)) query: Unseen<StatsQuery>,
  ): Promise<EventStats> {
    const stats = await this.ledger.stats(access, query);
    noteRead({ access, filters: givenIn(query), shown: 0, more: { counted: stats.total } });
    return stats;
  }

  /** A histogram over time by outcome, and counts by several fields: exact, or an estimate from a sample where exact takes too long. */
  @Get('overview')
  @ApiOperation({ summary: 'Count events over time and by several fields' })
  @DescribesFilters(OverviewQuery)
  @ApiOkResponse({ type: EventOverviewView, example: OVERVIEW })
  async overview(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(OverviewQuery)) query: Unseen<OverviewQuery>,
  ): Promise<EventOverview> {
    const overview = await this.overviews.overview(access, query);
    noteRead({ access, filters: givenIn(query), shown: 0, more: { counted: overview.total } });
    return overview;
  }
}

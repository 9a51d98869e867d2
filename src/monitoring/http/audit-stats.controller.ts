import { Get, Inject, Query } from '@nestjs/common';
import type { LedgerAccess } from '../read/access/ledger-access.js';
import { AuditQuery } from '../read/query/audit-query.service.js';
import { EventStats } from '../read/query/event-stats.dto.js';
import { StatsQuery } from '../read/query/stats-query.dto.js';
import { Access } from './ledger-access.guard.js';
import { SendAsOfHeader } from './as-of.interceptor.js';
import { QueryPipe, type ParsedByPipe } from './request.pipe.js';
import { AuditedRead, noteRead } from './record-read.js';
import { toRequestParameters } from './show-page.js';
import { LedgerController, Route } from './openapi/ledger-controller.decorator.js';

@LedgerController('audit/stats')
@SendAsOfHeader()
@AuditedRead('viewed')
export class AuditStatsController {
  constructor(@Inject(AuditQuery) private readonly ledger: AuditQuery) {}

  /**
   * Counts events by a field such as the type, the outcome or the actor. On request, counts the events of each time step (UTC). The default
   * range is the last 30 days.
   */
  @Get()
  @Route('Count events by a field', EventStats)
  async count(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(StatsQuery)) query: ParsedByPipe<StatsQuery>,
  ): Promise<EventStats> {
    const stats = await this.ledger.stats(access, query);
    noteRead({ access, filters: toRequestParameters(query), shown: 0, more: { counted: stats.total } });
    return stats;
  }
}

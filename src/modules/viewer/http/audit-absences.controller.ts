import { Controller, Get, Inject, Query, UseFilters, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { DescribesLedger, DescribesRefusals } from '../../monitoring/access/describes-refusals.decorator.js';
import type { LedgerAccess } from '../../monitoring/access/ledger-access.js';
import { LEDGER_READS } from '../../monitoring/access/ledger-reads.js';
import { ShowsAsOf } from '../../monitoring/http/as-of.interceptor.js';
import { DescribesQuery } from '../../monitoring/http/describes-query.decorator.js';
import { InvalidQueryFilter } from '../../monitoring/http/invalid-query.filter.js';
import { Access, LedgerAccessGuard } from '../../monitoring/http/ledger-access.guard.js';
import { LedgerUnavailableFilter } from '../../monitoring/http/ledger-unavailable.filter.js';
import { QueryPipe, type Unseen } from '../../monitoring/http/query.pipe.js';
import { AuditedRead, noteRead } from '../../monitoring/http/record-read.js';
import { givenIn } from '../../monitoring/http/show-page.js';
import { timeOf } from '../../monitoring/query/query-values.js';
import { AbsenceReader, type Absences } from '../absences.service.js';
import { AbsencesQuery, AbsencesView } from './absences.dto.js';
import { ABSENCES } from './viewer-examples.js';

/** What is absent among the places of the ledger, and why. */
@DescribesLedger()
@Controller('audit')
@UseGuards(LedgerAccessGuard)
@ShowsAsOf()
@UseFilters(LedgerUnavailableFilter, InvalidQueryFilter)
@AuditedRead(LEDGER_READS.viewed)
export class AuditAbsencesController {
  constructor(@Inject(AbsenceReader) private readonly absences: AbsenceReader) {}

  /** Places whose events are retired, erased, held or missing, each range with its act. */
  @Get('absences')
  @ApiOperation({ summary: 'Explain places whose events are retired, erased, held or missing' })
  @DescribesQuery(AbsencesQuery)
  @ApiOkResponse({ type: AbsencesView, example: ABSENCES })
  @DescribesRefusals({ 400: 'Each problem of the query.' })
  async absent(
    @Access() access: LedgerAccess,
    @Query(new QueryPipe(AbsencesQuery)) query: Unseen<AbsencesQuery>,
  ): Promise<Absences> {
    const { first, last, from, to } = query;
    const range = {
      from: from === undefined ? undefined : timeOf(from),
      to: to === undefined ? undefined : timeOf(to),
    };
    const found = await this.absences.find(access, { first, last, ...range });
    noteRead({ access, filters: givenIn(query), shown: 0, more: { absences: found.absences.length } });
    return found;
  }
}

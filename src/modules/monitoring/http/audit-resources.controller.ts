import {
  BadRequestException,
  Controller,
  Get,
  Inject,
  Param,
  Query,
  Req,
  Res,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { LedgerAccess } from '../access/ledger-access.js';
import { LEDGER_READS } from '../access/ledger-reads.js';
import { AuditQuery } from '../query/audit-query.service.js';
import { EventQuery } from '../query/event-query.dto.js';
import { isText } from '../query/query-values.js';
import { ArchivesUnqueryableFilter } from './archives-unqueryable.filter.js';
import { DescribesPage } from './describes-page.decorator.js';
import { InvalidQueryFilter } from './invalid-query.filter.js';
import { Access, LedgerAccessGuard } from './ledger-access.guard.js';
import { LedgerUnavailableFilter } from './ledger-unavailable.filter.js';
import type { LogRequest, LogResponse } from './log-responses.js';
import { QueryPipe, type Unseen } from './query.pipe.js';
import { AuditedRead } from './record-read.js';
import { showPage, type ShownPage } from './show-page.js';
import { HistoryQuery } from './shown-event-query.dto.js';

/** What was done to single resources. */
@ApiTags('audit')
@ApiBearerAuth()
@Controller('audit/resources')
@UseGuards(LedgerAccessGuard)
@UseFilters(LedgerUnavailableFilter, InvalidQueryFilter, ArchivesUnqueryableFilter)
@AuditedRead(LEDGER_READS.viewed)
export class AuditResourcesController {
  constructor(@Inject(AuditQuery) private readonly ledger: AuditQuery) {}

  /** The history of one resource, newest first; `changes` says what was there before and after. */
  @Get(':type/:id/history')
  @DescribesPage(HistoryQuery)
  async history(
    @Access() access: LedgerAccess,
    @Param('type') type: string,
    @Param('id') id: string,
    @Query(new QueryPipe(HistoryQuery)) query: Unseen<HistoryQuery>,
    @Req() request: LogRequest,
    @Res({ passthrough: true }) response: LogResponse,
  ): Promise<ShownPage> {
    if (!isText(type) || !isText(id)) {
      throw new BadRequestException(['type and id in the path must be texts of 1 to 512 characters']);
    }
    const page = await this.ledger.history(access, { type, id }, Object.assign(new EventQuery(), query));
    return showPage(page, { access, query, about: { resourceType: type, resourceId: id }, request, response });
  }
}

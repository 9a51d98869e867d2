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
import { ApiBadRequestResponse, ApiBearerAuth, ApiOkResponse, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { LedgerAccess } from '../access/ledger-access.js';
import { LEDGER_READS } from '../access/ledger-reads.js';
import { AuditQuery } from '../query/audit-query.service.js';
import { EventQuery } from '../query/event-query.dto.js';
import { AuditHistory } from '../query/records/audit-history.service.js';
import type { RecordBlame } from '../query/records/record-blame.js';
import type { RecordState } from '../query/records/record-state.js';
import type { ResourceName } from '../query/ledger-event.js';
import { isText } from '../query/query-values.js';
import { ArchivesUnqueryableFilter } from './archives-unqueryable.filter.js';
import { DescribesPage } from './describes-page.decorator.js';
import { InvalidQueryFilter } from './invalid-query.filter.js';
import { Access, LedgerAccessGuard } from './ledger-access.guard.js';
import { LedgerUnavailableFilter } from './ledger-unavailable.filter.js';
import type { LogRequest, LogResponse } from './log-responses.js';
import { QueryPipe, type Unseen } from './query.pipe.js';
import { RecordAtPipe } from './record-at.pipe.js';
import { RecordAtQuery, RecordBlameView, RecordStateView } from './record.dto.js';
import { AuditedRead, noteRead } from './record-read.js';
import { showPage, type ShownPage } from './show-page.js';
import { HistoryQuery } from './shown-event-query.dto.js';

const WRONG_QUERY = { description: 'AUDIT_QUERY_INVALID: what is wrong, and what would be right' };

/** What was done to single resources. */
@ApiTags('audit')
@ApiBearerAuth()
@Controller('audit/resources')
@UseGuards(LedgerAccessGuard)
@UseFilters(LedgerUnavailableFilter, InvalidQueryFilter, ArchivesUnqueryableFilter)
@AuditedRead(LEDGER_READS.viewed)
export class AuditResourcesController {
  constructor(
    @Inject(AuditQuery) private readonly ledger: AuditQuery,
    @Inject(AuditHistory) private readonly records: AuditHistory,
  ) {}

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
    const resource = resourceOf(type, id);
    const page = await this.ledger.history(access, resource, Object.assign(new EventQuery(), query));
    return showPage(page, { access, query, about: aboutOf(resource), request, response });
  }

  /** One record as it was at a time, by its captured row changes. */
  @Get(':type/:id/state')
  @ApiQuery({ type: RecordAtQuery })
  @ApiOkResponse({ type: RecordStateView })
  @ApiBadRequestResponse(WRONG_QUERY)
  async state(
    @Access() access: LedgerAccess,
    @Param('type') type: string,
    @Param('id') id: string,
    @Query(new RecordAtPipe()) { at }: Readonly<{ at?: string }>,
  ): Promise<RecordState> {
    const resource = resourceOf(type, id);
    const state = await this.records.state(access, resource, at);
    noteRead({ access, filters: { ...aboutOf(resource), at: state.at }, shown: state.event ? 1 : 0 });
    return state;
  }

  /** Who last changed each field of one record, when, and by which event, by its captured row changes. */
  @Get(':type/:id/blame')
  @ApiQuery({ type: RecordAtQuery })
  @ApiOkResponse({ type: RecordBlameView })
  @ApiBadRequestResponse(WRONG_QUERY)
  async blame(
    @Access() access: LedgerAccess,
    @Param('type') type: string,
    @Param('id') id: string,
    @Query(new RecordAtPipe()) { at }: Readonly<{ at?: string }>,
  ): Promise<RecordBlame> {
    const resource = resourceOf(type, id);
    const blame = await this.records.blame(access, resource, at);
    const events = new Set(blame.fields.flatMap(({ event }) => event?.id ?? []));
    noteRead({ access, filters: { ...aboutOf(resource), at: blame.at }, shown: events.size });
    return blame;
  }
}

function resourceOf(type: string, id: string): ResourceName {
  if (isText(type) && isText(id)) return { type, id };
  throw new BadRequestException(['type and id in the path must be texts of 1 to 512 characters']);
}

function aboutOf({ type, id }: ResourceName): Readonly<Record<string, string>> {
  return { resourceType: type, resourceId: id };
}
